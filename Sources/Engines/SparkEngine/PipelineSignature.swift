import Inference
import ServingCore
import Tensors

/// The inputs and outputs of a pipeline as clients see them.
enum PipelineSignature {
    /// One input a column that no stage makes, one output a column that is wanted.
    ///
    /// - Throws: `configuration_invalid` for an output that no tensor can hold.
    static func make(_ builder: PlanBuilder) throws(ServingError) -> ModelSignature {
        let inputs = builder.inputs.map { specification($0.name, $0.kind, .float64) }
        let whole = Set(builder.stages.filter(\.makesWholeNumbers).flatMap(\.outputs))
        var outputs: [TensorSpecification] = []
        for name in builder.outputs {
            let kind = builder.kinds[name] ?? .number
            guard kind != .words else {
                throw ServingError(
                    .configurationInvalid,
                    "column '\(name.clipped())' holds any number of words a row, which no tensor "
                        + "can; name other columns in option 'outputs'")
            }
            outputs.append(specification(name, kind, whole.contains(name) ? .int32 : .float64))
        }
        guard !inputs.isEmpty else {
            throw ServingError(.modelInvalid, "the pipeline reads no column")
        }
        return ModelSignature(
            inputs: inputs, outputs: outputs,
            batching: ModelSignature.batching(inputs: inputs, outputs: outputs))
    }

    private static func specification(_ name: String, _ kind: ColumnKind, _ numbers: ElementType)
        -> TensorSpecification
    {
        let rows = Dimension.dynamic(name: nil)
        switch kind {
        case .number:
            return TensorSpecification(name: name, elementType: numbers, dimensions: [rows])
        case .vector(let width):
            return TensorSpecification(
                name: name, elementType: .float64,
                dimensions: [rows, width.map(Dimension.fixed) ?? rows])
        case .sparse(let width):
            return TensorSpecification(
                name: name, elementType: .float64, dimensions: [rows, .fixed(width)])
        case .text, .words:
            return TensorSpecification(name: name, elementType: .bytes, dimensions: [rows])
        }
    }
}
