import ServingCore

/// Turns the number of a category into a vector with a 1 in its place.
struct OneHotEncoder: Stage {
    let inputs: [StageInput]
    let outputs: [String]
    private let sizes: [Int]
    private let keepsInvalid: Bool
    private let dropsLast: Bool

    init(_ saved: SavedStage) throws(ServingError) {
        inputs = try saved.columns("inputCol").map { StageInput($0, .number) }
        outputs = try saved.columns("outputCol")
        keepsInvalid = try saved.keepsInvalid()
        dropsLast = try saved.flag("dropLast", true)
        sizes = try saved.data().integerList("categorySizes")
        guard sizes.count == inputs.count, outputs.count == inputs.count,
            sizes.allSatisfy({ (0...SavedStage.countMaximum).contains($0) })
        else { throw saved.invalid("it has not one output and size for each input") }
    }

    /// The width of the vector: one more place for unknown values, one less without the last.
    private func width(_ size: Int) -> Int {
        max(size + (keepsInvalid ? 1 : 0) - (dropsLast ? 1 : 0), 0)
    }

    func kinds(of inputs: [ColumnKind]) throws(ServingError) -> [ColumnKind] {
        for (input, kind) in zip(self.inputs, inputs) where kind != .number {
            throw Damage.invalid("column '\(input.name)' is \(kind.words), not a number")
        }
        return sizes.map { .vector(width($0)) }
    }

    func kernel(_ inputs: [Slot], _ outputs: [Slot]) throws(ServingError) -> any Kernel {
        OneHotKernel(
            names: self.inputs.map(\.name), inputs: inputs, outputs: outputs, sizes: sizes,
            keepsInvalid: keepsInvalid)
    }
}

struct OneHotKernel: Kernel {
    let names: [String]
    let inputs: [Slot]
    let outputs: [Slot]
    let sizes: [Int]
    let keepsInvalid: Bool

    func run(_ frame: Frame) throws(ServingError) {
        for (place, input) in inputs.enumerated() {
            let source = frame.numbers[input.index]
            let width = outputs[place].width
            let target = frame.numbers[outputs[place].index]
            target.update(repeating: 0, count: frame.rows * width)
            for row in 0..<frame.rows {
                let index = try category(source[row], sizes[place], names[place])
                if index < width { target[row * width + index] = 1 }
            }
        }
    }

    private func category(_ value: Double, _ size: Int, _ name: String) throws(ServingError) -> Int
    {
        if value >= 0, value < Double(size) { return Int(value) }
        guard keepsInvalid else {
            throw ServingError(
                .invalidTensor,
                "\(value) in column '\(name)' is none of the \(size) categories that the model "
                    + "learnt (handleInvalid is not 'keep')")
        }
        return size
    }
}
