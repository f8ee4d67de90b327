import ServingCore

/// Picks numbers out of a vector.
struct VectorSlicer: Stage {
    let inputs: [StageInput]
    let outputs: [String]
    private let indices: [Int]

    /// `VectorSlicer`: those that somebody named.
    init(slicer saved: SavedStage) throws(ServingError) {
        guard try saved.texts("names") ?? [] == [] else {
            throw saved.invalid("it picks by names of features, which are not kept; use indices")
        }
        try self.init(saved, column: "inputCol", indices: try saved.integers("indices") ?? [])
    }

    /// Selectors: those that were found to tell most.
    init(selector saved: SavedStage) throws(ServingError) {
        let indices = try saved.data().integerList("selectedFeatures").sorted()
        try self.init(saved, column: "featuresCol", indices: indices)
    }

    private init(_ saved: SavedStage, column: String, indices: [Int]) throws(ServingError) {
        guard indices.allSatisfy({ (0..<SavedStage.countMaximum).contains($0) }) else {
            throw saved.invalid("it picks numbers that no vector has")
        }
        inputs = [StageInput(try saved.text(column, "features"), .vector(nil))]
        outputs = [try saved.text("outputCol", saved.uid + "__output")]
        self.indices = indices
    }

    func kinds(of inputs: [ColumnKind]) throws(ServingError) -> [ColumnKind] {
        if let width = inputs[0].width, let last = indices.max(), last >= width {
            throw Damage.invalid(
                "it picks number \(last) of '\(self.inputs[0].name)', which has \(width)")
        }
        return [.vector(indices.count)]
    }

    func kernel(_ inputs: [Slot], _ outputs: [Slot]) throws(ServingError) -> any Kernel {
        VectorSlicerKernel(input: inputs[0], output: outputs[0], indices: indices)
    }
}

struct VectorSlicerKernel: Kernel {
    let input: Slot
    let output: Slot
    let indices: [Int]

    func run(_ frame: Frame) throws(ServingError) {
        let source = frame.numbers[input.index]
        var target = frame.numbers[output.index]
        for row in 0..<frame.rows {
            for index in indices {
                target.pointee = source[row * input.width + index]
                target += 1
            }
        }
    }
}
