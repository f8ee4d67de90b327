import ServingCore

/// Joins numbers and vectors into one vector.
struct VectorAssembler: Stage {
    let inputs: [StageInput]
    let outputs: [String]
    private let keepsInvalid: Bool

    init(_ saved: SavedStage) throws(ServingError) {
        let names = try saved.texts("inputCols") ?? []
        guard !names.isEmpty else { throw saved.invalid("it has no inputCols") }
        inputs = names.map { StageInput($0, .numberOrVector) }
        outputs = [try saved.text("outputCol", saved.uid + "__output")]
        keepsInvalid = try saved.keepsInvalid()
    }

    func kinds(of inputs: [ColumnKind]) throws(ServingError) -> [ColumnKind] {
        var total: Int? = 0
        for (input, kind) in zip(self.inputs, inputs) {
            if kind == .text || kind == .words {
                throw Damage.invalid("column '\(input.name)' is \(kind.words), not numbers")
            }
            if let sum = total, let width = kind.width { total = sum + width } else { total = nil }
        }
        return [.vector(total)]
    }

    func kernel(_ inputs: [Slot], _ outputs: [Slot]) throws(ServingError) -> any Kernel {
        VectorAssemblerKernel(
            names: self.inputs.map(\.name), inputs: inputs, output: outputs[0],
            keepsInvalid: keepsInvalid)
    }
}

struct VectorAssemblerKernel: Kernel {
    let names: [String]
    let inputs: [Slot]
    let output: Slot
    let keepsInvalid: Bool

    func run(_ frame: Frame) throws(ServingError) {
        let width = output.width
        let start = frame.numbers[output.index]
        var offset = 0
        for (place, input) in inputs.enumerated() {
            let source = frame.numbers[input.index]
            let count = input.width
            if count == 1 {
                for row in 0..<frame.rows { start[row * width + offset] = source[row] }
            } else {
                for row in 0..<frame.rows {
                    (start + row * width + offset).update(from: source + row * count, count: count)
                }
            }
            if !keepsInvalid { try check(source, frame.rows, count, names[place]) }
            offset += count
        }
    }

    private func check(
        _ source: UnsafeMutablePointer<Double>, _ rows: Int, _ width: Int, _ name: String
    ) throws(ServingError) {
        // Only single numbers are looked at, as Spark does: a vector may hold NaN.
        guard width == 1 else { return }
        for row in 0..<rows where source[row].isNaN {
            throw ServingError(
                .invalidTensor,
                "row \(row) of column '\(name)' is missing (NaN), and the model's VectorAssembler "
                    + "does not keep such rows (handleInvalid); send a number")
        }
    }
}

/// Says how many numbers a vector has.
struct VectorSizeHint: Stage {
    let inputs: [StageInput]
    let outputs: [String] = []
    private let size: Int

    init(_ saved: SavedStage) throws(ServingError) {
        size = try saved.integer("size")
        inputs = [StageInput(try saved.text("inputCol"), .vector(size))]
    }

    func kinds(of inputs: [ColumnKind]) throws(ServingError) -> [ColumnKind] {
        try require(inputs[0], width: size)
        return []
    }

    func kernel(_ inputs: [Slot], _ outputs: [Slot]) throws(ServingError) -> any Kernel {
        NothingKernel()
    }
}

/// Does nothing: what it says was used when the plan was made.
struct NothingKernel: Kernel {
    func run(_ frame: Frame) throws(ServingError) {}
}
