import Inference
import ServingCore
import Tensors

/// Models and decoders for tests of inputs.
enum InputsModels {
    /// A model with inputs `name: (type, shape)`, -1 for a dimension that varies.
    static func metadata(_ inputs: (String, ElementType, [Int]?)...) throws -> ModelMetadata {
        let specifications = inputs.map { specification($0.0, $0.1, $0.2) }
        return ModelMetadata(
            identity: ModelIdentity(try ModelName("m"), ModelVersion(1)), engine: "none",
            platform: "none",
            signatures: [
                ModelSignature(
                    inputs: specifications, outputs: [], batching: .none(reason: "a test")),
                ModelSignature(
                    name: "other", inputs: [specification("z", .float32, [-1])], outputs: [],
                    batching: .none(reason: "a test")),
            ])
    }

    static func specification(_ name: String, _ type: ElementType, _ shape: [Int]?)
        -> TensorSpecification
    {
        TensorSpecification(
            name: name, elementType: type,
            dimensions: shape.map { $0.map { $0 < 0 ? .dynamic(name: nil) : .fixed($0) } })
    }

    /// A decoder that answers every body with the body itself, as the one element of input `body`.
    static let echo: @Sendable ([UInt8], ModelMetadata) throws(ServingError) -> InferenceRequest = {
        (body, metadata) throws(ServingError) in
        var builder = BytesTensorBuilder()
        try builder.append(String(decoding: body, as: UTF8.self))
        return InferenceRequest(
            signatureName: body.contains(UInt8(ascii: "@")) ? "other" : nil,
            inputs: [NamedTensor("body", try builder.finish(shape: try .vector(1)))])
    }
}
