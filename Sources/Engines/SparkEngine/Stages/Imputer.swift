import ServingCore

/// Puts a learnt value where one is missing.
struct Imputer: Stage {
    let inputs: [StageInput]
    let outputs: [String]
    private let surrogates: [Double]
    private let missing: Double

    init(_ saved: SavedStage) throws(ServingError) {
        let names = try saved.columns("inputCol")
        inputs = names.map { StageInput($0, .number) }
        outputs = try saved.columns("outputCol")
        missing = try saved.number("missingValue", .nan)
        let data = try saved.data()
        var surrogates: [Double] = []
        for name in names { surrogates.append(try data.double(name)) }
        self.surrogates = surrogates
        guard outputs.count == inputs.count else {
            throw saved.invalid("it has not one output for each input")
        }
    }

    func kinds(of inputs: [ColumnKind]) throws(ServingError) -> [ColumnKind] {
        for (input, kind) in zip(self.inputs, inputs) where kind != .number {
            throw Damage.invalid("column '\(input.name)' is \(kind.words), not a number")
        }
        return inputs.map { _ in .number }
    }

    func kernel(_ inputs: [Slot], _ outputs: [Slot]) throws(ServingError) -> any Kernel {
        ImputerKernel(inputs: inputs, outputs: outputs, surrogates: surrogates, missing: missing)
    }
}

struct ImputerKernel: Kernel {
    let inputs: [Slot]
    let outputs: [Slot]
    let surrogates: [Double]
    let missing: Double

    func run(_ frame: Frame) throws(ServingError) {
        for (place, input) in inputs.enumerated() {
            let source = frame.numbers[input.index]
            let target = frame.numbers[outputs[place].index]
            for row in 0..<frame.rows {
                // A missing number arrives as NaN, also where the model names another value.
                let isMissing = source[row].isNaN || source[row] == missing
                target[row] = isMissing ? surrogates[place] : source[row]
            }
        }
    }
}
