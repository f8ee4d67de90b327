import ServingCore

/// 1 above a threshold, else 0.
struct Binarizer: Stage {
    let inputs: [StageInput]
    let outputs: [String]
    private let thresholds: [Double]

    init(_ saved: SavedStage) throws(ServingError) {
        let names = try saved.columns("inputCol")
        inputs = names.map { StageInput($0, .numberOrVector) }
        outputs = try saved.columns("outputCol")
        let single = try saved.number("threshold", 0)
        let several = try saved.texts("inputCols") == nil ? nil : try saved.numbers("thresholds")
        thresholds = several ?? names.map { _ in single }
        guard thresholds.count == inputs.count, outputs.count == inputs.count else {
            throw saved.invalid("it has not one output and threshold for each input")
        }
    }

    func kinds(of inputs: [ColumnKind]) throws(ServingError) -> [ColumnKind] {
        var kinds: [ColumnKind] = []
        for kind in inputs {
            guard kind != .text, kind != .words else {
                throw Damage.invalid("it reads \(kind.words), not numbers")
            }
            kinds.append(kind == .number ? .number : .vector(kind.width))
        }
        return kinds
    }

    func kernel(_ inputs: [Slot], _ outputs: [Slot]) throws(ServingError) -> any Kernel {
        BinarizerKernel(inputs: inputs, outputs: outputs, thresholds: thresholds)
    }
}

struct BinarizerKernel: Kernel {
    let inputs: [Slot]
    let outputs: [Slot]
    let thresholds: [Double]

    func run(_ frame: Frame) throws(ServingError) {
        for (place, input) in inputs.enumerated() {
            let source = frame.numbers[input.index]
            let target = frame.numbers[outputs[place].index]
            let threshold = thresholds[place]
            for index in 0..<frame.rows * input.width {
                target[index] = source[index] > threshold ? 1 : 0
            }
        }
    }
}

/// Numbers the interval in which a value lies.
struct Bucketizer: Stage {
    let inputs: [StageInput]
    let outputs: [String]
    private let splits: [[Double]]
    private let keepsInvalid: Bool

    init(_ saved: SavedStage) throws(ServingError) {
        inputs = try saved.columns("inputCol").map { StageInput($0, .number) }
        outputs = try saved.columns("outputCol")
        keepsInvalid = try saved.keepsInvalid()
        if try saved.texts("inputCols") != nil {
            splits = try saved.numberLists("splitsArray") ?? []
        } else {
            splits = [try saved.numbers("splits") ?? []]
        }
        guard splits.count == inputs.count, outputs.count == inputs.count,
            splits.allSatisfy({ $0.count >= 3 && zip($0, $0.dropFirst()).allSatisfy { $0 < $1 } })
        else { throw saved.invalid("its splits do not rise, or are not one list for each input") }
    }

    func kinds(of inputs: [ColumnKind]) throws(ServingError) -> [ColumnKind] {
        for (input, kind) in zip(self.inputs, inputs) where kind != .number {
            throw Damage.invalid("column '\(input.name)' is \(kind.words), not a number")
        }
        return inputs.map { _ in .number }
    }

    func kernel(_ inputs: [Slot], _ outputs: [Slot]) throws(ServingError) -> any Kernel {
        BucketizerKernel(
            names: self.inputs.map(\.name), inputs: inputs, outputs: outputs, splits: splits,
            keepsInvalid: keepsInvalid)
    }
}

struct BucketizerKernel: Kernel {
    let names: [String]
    let inputs: [Slot]
    let outputs: [Slot]
    let splits: [[Double]]
    let keepsInvalid: Bool

    func run(_ frame: Frame) throws(ServingError) {
        for (place, input) in inputs.enumerated() {
            let source = frame.numbers[input.index]
            let target = frame.numbers[outputs[place].index]
            for row in 0..<frame.rows {
                target[row] = try bucket(source[row], splits[place], names[place])
            }
        }
    }

    private func bucket(_ value: Double, _ splits: [Double], _ name: String)
        throws(ServingError) -> Double
    {
        if value.isNaN, keepsInvalid { return Double(splits.count - 1) }
        let last = splits[splits.count - 1]
        if value == last { return Double(splits.count - 2) }
        guard value >= splits[0], value < last else {
            throw ServingError(
                .invalidTensor,
                "\(value) in column '\(name)' lies in none of the model's buckets, which go from "
                    + "\(splits[0]) to \(last)")
        }
        var (low, high) = (0, splits.count - 1)
        while high - low > 1 {
            let middle = (low + high) / 2
            if splits[middle] <= value { low = middle } else { high = middle }
        }
        return Double(low)
    }
}
