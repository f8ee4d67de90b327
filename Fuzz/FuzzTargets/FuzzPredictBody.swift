import Inference
import NIOCore
import Protocols
import ServingCore
import Tensors

/// Reads any bytes as the body of a prediction, in both protocols.
///
/// The first byte chooses how long the JSON part is: 255 leaves the header out, anything else is that
/// many 255ths of the body.
public func fuzzPredictBody(_ bytes: UnsafeRawBufferPointer) {
    guard let metadata, let first = bytes.first else { return }
    let body = ByteBuffer(bytes: bytes.dropFirst())
    let length = first == 255 ? nil : body.readableBytes * Int(first) / 255
    do throws(ServingError) {
        let request = try PredictBodyDecoder.decode(
            body, for: metadata, inferenceHeaderLength: length)
        // What was read must hold together well enough to be bound or refused.
        _ = try metadata.signature(named: request.signatureName).bind(request.inputs)
    } catch {
        promise(!error.message.isEmpty, "an error says what happened")
    }
}

/// A model with inputs of several types, of fixed and of open shape.
private let metadata: ModelMetadata? = {
    guard let name = try? ModelName("fuzz") else { return nil }
    let inputs = [
        TensorSpecification(name: "x", elementType: .float32, dimensions: nil),
        TensorSpecification(
            name: "n", elementType: .int8, dimensions: [.dynamic(name: nil), .fixed(2)]),
        TensorSpecification(name: "s", elementType: .bytes, dimensions: [.dynamic(name: nil)]),
    ]
    let outputs = [TensorSpecification(name: "y", elementType: .float32, dimensions: nil)]
    return ModelMetadata(
        identity: ModelIdentity(name, ModelVersion(1)), engine: "fuzz", platform: "fuzz",
        signatures: [
            ModelSignature(
                inputs: inputs, outputs: outputs, batching: .none(reason: "nothing is run")),
            ModelSignature(
                name: "one", inputs: [inputs[0]], outputs: outputs,
                batching: .none(reason: "nothing is run")),
        ])
}()
