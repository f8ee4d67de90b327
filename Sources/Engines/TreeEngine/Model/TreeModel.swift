import EngineInterface
import Inference
import ServingCore
import Synchronization
import Tensors

/// A loaded model of trees.
final class TreeModel: LoadedModel {
    let declaration: LoadedModelDeclaration
    let concurrencyMaximum: Int
    private let outputs: [TreeOptions.Output]
    private let loaded: Mutex<TreeModelContent?>

    /// Declares what the model takes and gives.
    init(_ content: TreeModelContent, _ options: TreeOptions, concurrencyMaximum: Int) {
        outputs = options.outputs
        self.concurrencyMaximum = max(concurrencyMaximum, 1)
        let batch = Dimension.dynamic(name: nil)
        let input = TensorSpecification(
            name: options.inputName, elementType: content.inputType,
            dimensions: [batch, .fixed(content.featureCount)])
        let specifications = options.outputs.enumerated().map { index, output in
            TensorSpecification(
                name: index == 0 ? options.outputName : output.rawValue,
                elementType: content.elementType(of: output),
                dimensions: [batch] + content.extents(of: output).map { .fixed($0) })
        }
        declaration = LoadedModelDeclaration(
            platform: content.platform,
            signatures: [
                ModelSignature(
                    inputs: [input], outputs: specifications, batching: .leadingDimension)
            ], properties: content.properties)
        loaded = Mutex(content)
    }

    func run(
        signature: ModelSignature, inputs: [Tensor], outputIndices: [Int],
        cancellation: RunCancellation
    ) throws(ServingError) -> [Tensor] {
        guard let content = loaded.withLock({ $0 }) else {
            throw ServingError(.internalError, "a run after the model was unloaded")
        }
        if let error = cancellation.error { throw error }
        guard inputs.count == 1, inputs[0].shape.rank == 2,
            inputs[0].shape.dimensions[1] == content.featureCount,
            inputs[0].elementType == content.inputType
        else { throw ServingError(.internalError, "inputs that were not bound") }
        let results = try RunResults(content, outputs, outputIndices, inputs[0].shape)
        try results.fill(content, inputs[0], cancellation)
        return results.tensors(outputIndices)
    }

    func unload() {
        // The nodes are freed outside the lock, when this reference is the last.
        let last = loaded.withLock { content -> TreeModelContent? in
            defer { content = nil }
            return content
        }
        withExtendedLifetime(last) {}
    }
}

extension TreeModelContent {
    /// The extents of an output behind the rows.
    func extents(of output: TreeOptions.Output) -> [Int] {
        switch output {
        case .prediction: predictionWidth == 1 ? [] : [predictionWidth]
        case .margin: groupCount == 1 ? [] : [groupCount]
        case .leaf: [treeCount]
        case .contributions:
            groupCount == 1 ? [featureCount + 1] : [groupCount, featureCount + 1]
        case .class: []
        }
    }

    /// The element type of an output.
    func elementType(of output: TreeOptions.Output) -> ElementType {
        switch output {
        case .prediction, .margin, .contributions: outputType
        case .leaf: .int32
        case .class: .int64
        }
    }
}
