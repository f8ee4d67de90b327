import Glibc
import ServingCore

/// Divides a vector by its length.
struct Normalizer: Stage {
    let inputs: [StageInput]
    let outputs: [String]
    private let power: Double

    init(_ saved: SavedStage) throws(ServingError) {
        inputs = [StageInput(try saved.text("inputCol"), .vector(nil))]
        outputs = [try saved.text("outputCol", saved.uid + "__output")]
        power = try saved.number("p", 2)
        guard power >= 1 else { throw saved.invalid("its p is \(power)") }
    }

    func kinds(of inputs: [ColumnKind]) throws(ServingError) -> [ColumnKind] {
        [.vector(inputs[0].width)]
    }

    func kernel(_ inputs: [Slot], _ outputs: [Slot]) throws(ServingError) -> any Kernel {
        NormalizerKernel(input: inputs[0], output: outputs[0], power: power)
    }
}

struct NormalizerKernel: Kernel {
    let input: Slot
    let output: Slot
    let power: Double

    func run(_ frame: Frame) throws(ServingError) {
        let width = output.width
        for row in 0..<frame.rows {
            let source = frame.numbers[input.index] + row * width
            let target = frame.numbers[output.index] + row * width
            let length = norm(source, width)
            for column in 0..<width {
                target[column] = length == 0 ? source[column] : source[column] / length
            }
        }
    }

    private func norm(_ values: UnsafeMutablePointer<Double>, _ width: Int) -> Double {
        var sum = 0.0
        if power == 2 {
            for column in 0..<width { sum += values[column] * values[column] }
            return sum.squareRoot()
        }
        if power == 1 {
            for column in 0..<width { sum += abs(values[column]) }
            return sum
        }
        if power == .infinity {
            for column in 0..<width { sum = max(sum, abs(values[column])) }
            return sum
        }
        for column in 0..<width { sum += pow(abs(values[column]), power) }
        return pow(sum, 1 / power)
    }
}
