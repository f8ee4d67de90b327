import Inference
import NIOCore
import ServingCore
import Tensors
import Wire

/// A raw binary request: a body without any JSON, which is the data of the model's only input.
///
/// A request is raw when `Inference-Header-Content-Length` is 0; all outputs come back as bytes.
enum OpenInferenceRawRequest {
    /// Reads a body; the one extent that the model leaves open follows from the number of bytes.
    ///
    /// When two extents are open and the first is the batch, the batch is 1, as in Triton. A BYTES
    /// input takes the body as its single element, without a length in front.
    ///
    /// - Throws: `invalid_request` when the model's input cannot be told from bytes alone;
    ///   `invalid_tensor` when the number of bytes does not fit.
    static func read(_ body: ByteBuffer, _ metadata: ModelMetadata) throws(ServingError)
        -> (InferenceRequest, OpenInferencePredict.ReplyForm)
    {
        let signature = metadata.defaultSignature
        guard let input = signature.inputs.first, signature.inputs.count == 1 else {
            throw ServingError(
                .invalidRequest,
                "a raw request (Inference-Header-Content-Length: 0) is for models with one input; "
                    + "'\(metadata.identity.name)' has \(signature.inputs.count)")
        }
        var body = body
        let byteCount = body.readableBytes
        let tensor: Tensor
        if let width = input.elementType.byteWidth {
            let shape = try inferShape(input, signature, elements: byteCount / width)
            tensor = try BinaryTensors.read(
                input.elementType, shape, from: &body, byteCount: byteCount)
        } else {
            tensor = try element(body, try inferShape(input, signature, elements: 1))
        }
        let request = InferenceRequest(inputs: [NamedTensor(input.name, tensor)])
        return (request, OpenInferencePredict.ReplyForm(binaryByDefault: true))
    }

    private static func element(_ body: ByteBuffer, _ shape: Shape) throws(ServingError) -> Tensor {
        var builder = BytesTensorBuilder()
        builder.reserve(byteCount: body.readableBytes + BytesElements.lengthPrefixBytes)
        let appended: Result<Void, ServingError> = body.withUnsafeReadableBytes { bytes in
            do throws(ServingError) { return .success(try builder.append(bytes)) } catch {
                return .failure(error)
            }
        }
        try appended.get()
        return try builder.finish(shape: shape)
    }

    private static func inferShape(
        _ input: TensorSpecification, _ signature: ModelSignature, elements: Int
    ) throws(ServingError) -> Shape {
        guard var extents = input.wireShape else { throw cannotTell(input) }
        if extents.count(where: { $0 < 0 }) == 2, extents.first == -1,
            signature.batching == .leadingDimension
        {
            extents[0] = 1
        }
        guard extents.count(where: { $0 < 0 }) <= 1 else { throw cannotTell(input) }
        if let open = extents.firstIndex(of: -1) {
            extents[open] = 1
            let known = try Shape(extents).elementCount
            // What does not divide is found by the comparison of sizes that follows.
            extents[open] = known > 0 ? elements / known : 0
        }
        return try Shape(extents)
    }

    private static func cannotTell(_ input: TensorSpecification) -> ServingError {
        let shape = input.wireShape.map { "\($0)" } ?? "of any rank"
        return ServingError(
            .invalidRequest,
            "a raw request (Inference-Header-Content-Length: 0) leaves at most one extent to be "
                + "found out; input '\(input.name)' has shape \(shape)")
    }
}
