import Listener
import NIOCore
import NIOHTTP1
import ServingCore

/// The replies of TensorFlow Serving's REST API that carry no tensors.
enum TensorFlowServingReply {
    static let contentType = "application/json"

    /// `{"error": "…"}`, laid out as rapidjson's pretty writer does.
    static func refusal(_ error: ServingError, allow: String? = nil) -> HTTPResponse {
        let document = ReplyDocument.object([("error", .text(error.message))])
        var response = HTTPResponse(
            TensorFlowServingStatus.of(error.code).http, contentType: contentType,
            body: document.encoded(.indented(4)))
        RetryAfter.add(for: error, to: &response.headers)
        if let allow { response.headers.replaceOrAdd(name: "allow", value: allow) }
        return response
    }

    /// A message as protobuf's JSON printer lays it out: one space a level, and a line break behind.
    static func message(_ document: ReplyDocument) -> HTTPResponse {
        var body = document.encoded(.indented(1))
        body.writeString("\n")
        return HTTPResponse(.ok, contentType: contentType, body: body)
    }
}
