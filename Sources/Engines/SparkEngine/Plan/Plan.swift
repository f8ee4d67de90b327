import ServingCore

/// A pipeline laid over numbered columns of known widths: what a run executes.
struct Plan: Sendable {
    /// Every column.
    private(set) var slots: [Slot] = []
    /// The stages' work, in order.
    private(set) var kernels: [any Kernel] = []
    /// The places of the inputs, in the signature's order.
    private(set) var inputs: [Slot] = []
    /// The places of the outputs, in the signature's order.
    private(set) var outputs: [Slot] = []

    /// Lays a pipeline out.
    ///
    /// - Parameter widths: Numbers in a row of those inputs whose width only a request says.
    /// - Throws: `model_invalid` when columns do not fit together.
    init(_ builder: PlanBuilder, widths: [String: Int]) throws(ServingError) {
        var columns: [String: Slot] = [:]
        var dense: [String: Slot] = [:]
        for input in builder.inputs {
            var kind = input.kind
            if case .vector(nil) = kind { kind = .vector(widths[input.name] ?? 0) }
            columns[input.name] = add(kind)
        }
        for stage in builder.stages {
            var read: [Slot] = []
            for input in stage.inputs {
                guard let slot = columns[input.name] else {
                    throw ServingError(.internalError, "no column '\(input.name)'")
                }
                read.append(
                    stage.takesSparse ? slot : densified(slot, input.name, &dense))
            }
            var made: [Slot] = []
            for kind in try stage.kinds(of: read.map(\.kind)) { made.append(add(kind)) }
            for (name, slot) in zip(stage.outputs, made) where !name.isEmpty {
                columns[name] = slot
            }
            kernels.append(try stage.kernel(read, made))
        }
        inputs = builder.inputs.compactMap { columns[$0.name] }
        for name in builder.outputs {
            guard let slot = columns[name] else {
                throw ServingError(.internalError, "no column '\(name)'")
            }
            outputs.append(densified(slot, name, &dense))
        }
        try checkSize()
    }

    private mutating func add(_ kind: ColumnKind) -> Slot {
        let slot = Slot(index: slots.count, kind: kind)
        slots.append(slot)
        return slot
    }

    private mutating func densified(_ slot: Slot, _ name: String, _ known: inout [String: Slot])
        -> Slot
    {
        guard case .sparse(let width) = slot.kind else { return slot }
        if let done = known[name] { return done }
        let target = add(.vector(width))
        known[name] = target
        kernels.append(DenseKernel(source: slot, target: target))
        return target
    }

    /// Numbers of all columns in one row.
    var rowWidth: Int {
        slots.reduce(0) { sum, slot in
            if case .sparse = slot.kind { return sum }
            let (sum, overflow) = sum.addingReportingOverflow(slot.width)
            return overflow ? .max : sum
        }
    }

    private func checkSize() throws(ServingError) {
        guard rowWidth <= SavedStage.countMaximum * 2 else {
            throw Damage.invalid("a row has \(rowWidth) numbers in all columns together")
        }
    }
}

/// Spreads a sparse column out.
struct DenseKernel: Kernel {
    let source: Slot
    let target: Slot

    func run(_ frame: Frame) throws(ServingError) {
        let width = target.width
        let output = frame.numbers[target.index]
        output.update(repeating: 0, count: frame.rows * width)
        let rows = frame.sparse[source.index]
        for row in 0..<frame.rows {
            for index in rows.starts[row]..<rows.starts[row + 1] {
                output[row * width + Int(rows.indices[index])] = rows.values[index]
            }
        }
    }
}
