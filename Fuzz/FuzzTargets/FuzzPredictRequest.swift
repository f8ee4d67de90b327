import Inference
import NIOCore
import Protocols
import ServingCore
import Tensors

/// Takes a `tensorflow.serving.PredictRequest` for a model with the inputs `x` (float vector), `n`
/// (int64, any rank) and `s` (strings).
///
/// A request that is accepted must bind to the model's signature.
public func fuzzPredictRequest(_ bytes: UnsafeRawBufferPointer) {
    guard let metadata = predictRequestModel else { return promise(false, "a good model") }
    let request: InferenceRequest
    do throws(ServingError) {
        request = try PredictRequestDecoder.decode(ByteBuffer(bytes: bytes), for: metadata)
    } catch { return }
    let signature = try? metadata.signature(named: request.signatureName)
    guard let signature else { return promise(false, "a known signature") }
    promise((try? signature.bind(request.inputs)) != nil, "the inputs are the signature's")
    promise((try? signature.bindOutputs(request.outputNames)) != nil, "so are the outputs")
}

private let predictRequestModel: ModelMetadata? = {
    guard let name = try? ModelName("m") else { return nil }
    let batch = Dimension.dynamic(name: nil)
    let inputs = [
        TensorSpecification(name: "x", elementType: .float32, dimensions: [batch]),
        TensorSpecification(name: "n", elementType: .int64, dimensions: nil),
        TensorSpecification(name: "s", elementType: .bytes, dimensions: [batch]),
    ]
    let outputs = [
        TensorSpecification(name: "y", elementType: .float32, dimensions: [batch]),
        TensorSpecification(name: "z", elementType: .float32, dimensions: [batch]),
    ]
    return ModelMetadata(
        identity: ModelIdentity(name, ModelVersion(1)), engine: "fuzz", platform: "fuzz",
        signatures: [
            ModelSignature(inputs: inputs, outputs: outputs, batching: .none(reason: "fuzz"))
        ])
}()
