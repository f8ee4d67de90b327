import Listener
import NIOCore
import NIOHTTP1
import ServingCore

/// The replies to clients of SageMaker and MLflow that carry no tensors.
enum InvocationsReply {
    static let contentType = "application/json"

    /// MLflow's form of an error: `{"error_code":"BAD_REQUEST","message":"…"}`.
    static func refusal(_ error: ServingError, allow: String? = nil) -> HTTPResponse {
        let known = InvocationsStatus.of(error.code)
        var response = document(
            .object([("error_code", .text(known.name)), ("message", .text(error.message))]),
            known.http)
        RetryAfter.add(for: error, to: &response.headers)
        if let allow { response.headers.replaceOrAdd(name: "allow", value: allow) }
        return response
    }

    /// Any document, compact.
    static func document(_ document: ReplyDocument, _ status: HTTPResponseStatus = .ok)
        -> HTTPResponse
    {
        HTTPResponse(status, contentType: contentType, body: document.encoded(.compact))
    }

    /// The health check: a status and an empty body.
    static func ping(isReady: Bool) -> HTTPResponse {
        HTTPResponse(isReady ? .ok : .serviceUnavailable)
    }
}
