import Inference
import Listener
import NIOCore
import NIOHTTP1
import ServingCore
import Tensors
import Wire

/// KServe's `:predict`: rows under `instances` or `inputs`, which mean the same here, and rows back.
enum KServePredict: PredictProtocol {
    /// What the answer must know of the request: the event that it came in, if it did.
    struct ReplyForm: Sendable {
        /// The request's event; nil for a plain request.
        var event: CloudEvent?
    }

    static let wire = WireProtocol.kserveREST

    static func decode(_ request: HTTPRequest, _ metadata: ModelMetadata) throws(ServingError)
        -> (InferenceRequest, ReplyForm)
    {
        let event = try CloudEvent(request.headers, model: metadata.identity.name)
        let inference = try request.body.withJSONScanner(InvocationsDocument.dialect) {
            (scanner) throws(ServingError) in try read(&scanner, metadata)
        }
        return (inference, ReplyForm(event: event))
    }

    private static func read(_ scanner: inout JSONScanner, _ metadata: ModelMetadata)
        throws(ServingError) -> InferenceRequest
    {
        guard try scanner.peekKind() == .object else {
            throw ServingError(
                .invalidRequest, "the body is \(scanner.valueDescription()), not a JSON object")
        }
        var rows: JSONScanner?
        var signatureName: String?
        try scanner.beginObject()
        while let key = try scanner.nextKey() {
            if key.equals("instances") {
                // Given both, KServe takes `instances`.
                rows = scanner
                try requireList(scanner, "instances")
            } else if key.equals("inputs") {
                try requireList(scanner, "inputs")
                rows = rows ?? scanner
            } else if key.equals("signature_name") {
                signatureName = try scanner.readString()
                continue
            }
            try scanner.skipValue()
        }
        try scanner.finish()
        let signature = try metadata.signature(named: signatureName)
        guard var rows else {
            throw ServingError(
                .invalidRequest, "Expected \"instances\" or \"inputs\" in request body")
        }
        return InferenceRequest(
            signatureName: signatureName, inputs: try TensorFlowServingRows.read(&rows, signature))
    }

    /// KServe's check, in its words.
    private static func requireList(_ place: JSONScanner, _ key: String) throws(ServingError) {
        var place = place
        guard try place.peekKind() == .array else {
            throw ServingError(.invalidRequest, "Expected \"\(key)\" to be a list")
        }
    }

    static func encode(_ response: InferenceResponse, as form: ReplyForm) throws(ServingError)
        -> HTTPResponse
    {
        // KServe's server writes what is no number as null.
        var reply = HTTPResponse(
            .ok, contentType: OpenInferenceReply.contentType,
            body: try InvocationsResponseWriter.rows(response.outputs, nonFinite: .null))
        form.event?.addReply(to: &reply.headers)
        return reply
    }

    static func refusal(_ error: ServingError) -> HTTPResponse { OpenInferenceReply.refusal(error) }

    static func refusalWords(_ error: ServingError, for model: ModelReference) -> ServingError {
        KServeWords.of(error, model.name)
    }
}

/// What KServe's server says of models that do not answer.
enum KServeWords {
    /// The same error in KServe's words; a model that is not ready keeps its reason.
    static func of(_ error: ServingError, _ name: String) -> ServingError {
        switch error.code {
        case .modelNotFound:
            ServingError(
                .modelNotFound, "Model with name \(name.clipped()) does not exist.", cause: error)
        case .modelNotReady:
            ServingError(
                .modelNotReady, "Model with name \(name.clipped()) is not ready. \(error.message)",
                retryAfter: error.retryAfter, cause: error)
        default: error
        }
    }
}
