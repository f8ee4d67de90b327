import Inference
import Listener
import NIOCore
import NIOHTTP1
import ServingCore
import Tensors

/// TensorFlow Serving's `:predict`: JSON rows (`instances`) or columns (`inputs`).
enum TensorFlowServingPredict: PredictProtocol {
    /// How the request was laid out, and so will be the answer.
    enum ReplyForm: Sendable {
        case rows
        case columns
    }

    static let wire = WireProtocol.tensorFlowServingREST

    static func decode(_ request: HTTPRequest, _ metadata: ModelMetadata) throws(ServingError)
        -> (InferenceRequest, ReplyForm)
    {
        try TensorFlowServingRequestReader.read(request.body, metadata)
    }

    static func encode(_ response: InferenceResponse, as form: ReplyForm) throws(ServingError)
        -> HTTPResponse
    {
        HTTPResponse(
            .ok, contentType: TensorFlowServingReply.contentType,
            body: try TensorFlowServingResponseWriter.write(response.outputs, as: form))
    }

    static func refusal(_ error: ServingError) -> HTTPResponse {
        TensorFlowServingReply.refusal(error)
    }

    static func refusalWords(_ error: ServingError, for model: ModelReference) -> ServingError {
        switch error.code {
        case .modelNotFound:
            return ServingError(
                .modelNotFound, "Servable not found for request: \(model)", cause: error)
        case .labelNotFound:
            guard case .label(let label) = model.choice else { return error }
            return ServingError(
                .labelNotFound, "Unrecognized servable version label: \(label.clipped())",
                cause: error)
        default: return error
        }
    }
}
