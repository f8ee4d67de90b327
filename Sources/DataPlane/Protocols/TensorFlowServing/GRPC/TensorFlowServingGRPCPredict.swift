import Inference
import Listener
import NIOCore
import ServingCore
import Wire

/// How the answers of a server carry tensors; a type, so that the choice costs no call anything.
protocol TensorReplyForm: Sendable {
    /// The form.
    static var form: TensorProtoWriter.Form { get }
}

/// In the field of their type, as the original does unless told otherwise.
enum TypedReplies: TensorReplyForm {
    static let form = TensorProtoWriter.Form.typedValues
}

/// In `tensor_content`, as the original does with `--enable_serialization_as_tensor_content`.
enum ContentReplies: TensorReplyForm {
    static let form = TensorProtoWriter.Form.content
}

/// `PredictionService.Predict`.
enum TensorFlowServingGRPCPredict<Replies: TensorReplyForm>: GRPCPredictProtocol {
    typealias Message = PredictRequestMessage
    /// The name of the signature that was called.
    typealias ReplyForm = String

    static var wire: WireProtocol { .tensorFlowServingGRPC }

    static func parse(_ message: ByteBuffer) throws(ServingError) -> PredictRequestMessage {
        try PredictRequestMessage(message)
    }

    static func model(of message: PredictRequestMessage) throws(ServingError) -> ModelReference {
        try ModelSpecMessage.required(message.modelSpec).reference()
    }

    static func decode(
        _ message: PredictRequestMessage, _ call: GRPCCall, _ metadata: ModelMetadata
    ) throws(ServingError) -> (InferenceRequest, String) {
        let request = try PredictRequestDecoder.request(message, metadata)
        return (request, request.signatureName ?? ModelSignature.defaultName)
    }

    static func encode(_ response: InferenceResponse, as form: String) throws(ServingError)
        -> GRPCReply
    {
        try PredictResponseWriter.write(response, signatureName: form, as: Replies.form)
    }

    static func status(_ error: ServingError) -> GRPCStatus {
        TensorFlowServingGRPCStatus.of(error)
    }

    static func refusalWords(_ error: ServingError, for model: ModelReference) -> ServingError {
        TensorFlowServingPredict.refusalWords(error, for: model)
    }
}
