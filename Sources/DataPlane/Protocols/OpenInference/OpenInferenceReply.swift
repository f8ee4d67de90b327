import Inference
import Listener
import NIOCore
import NIOHTTP1
import ServingCore
import Tensors

/// The replies of the Open Inference Protocol that carry no tensors.
enum OpenInferenceReply {
    static let contentType = "application/json"

    /// `{"error":"…"}`
    static func refusal(_ error: ServingError, allow: String? = nil) -> HTTPResponse {
        var response = document(
            .object([("error", .text(error.message))]), OpenInferenceStatus.of(error.code))
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

    /// `GET v2/health/ready`: 200 when the server can answer for every model, else 503 with reasons.
    static func serverReady(_ readiness: ServerReadiness) -> HTTPResponse {
        if readiness.isReady { return document(.object([("ready", .flag(true))])) }
        let reasons = readiness.reasons.joined(separator: "; ")
        return notReady([("ready", .flag(false)), ("error", .text(reasons))])
    }

    /// `GET v2/models/NAME/ready` of a model that cannot answer: 503 with the reason.
    static func modelNotReady(_ name: String, _ reason: String) -> HTTPResponse {
        notReady([("name", .text(name)), ("ready", .flag(false)), ("error", .text(reason))])
    }

    private static func notReady(_ members: [(key: String, value: ReplyDocument)]) -> HTTPResponse {
        var response = document(.object(members), .serviceUnavailable)
        response.headers.replaceOrAdd(name: "retry-after", value: "1")
        return response
    }

    /// `GET v2/models/NAME`: names, types and shapes of the default signature; -1 is any extent.
    ///
    /// The protocol cannot say that not even the number of dimensions is fixed: such a shape is
    /// given as `[-1]`.
    static func modelMetadata(_ metadata: ModelMetadata, versions: [ModelVersion]) -> HTTPResponse {
        let signature = metadata.defaultSignature
        return document(
            .object([
                ("name", .text(metadata.identity.name.text)),
                ("versions", .list(versions.map { .text($0.description) })),
                ("platform", .text(metadata.platform)),
                ("inputs", .list(signature.inputs.map(tensor))),
                ("outputs", .list(signature.outputs.map(tensor))),
            ]))
    }

    private static func tensor(_ specification: TensorSpecification) -> ReplyDocument {
        .object([
            ("name", .text(specification.name)),
            ("datatype", .text(specification.elementType.openInferenceName)),
            ("shape", .list((specification.wireShape ?? [-1]).map { .integer($0) })),
        ])
    }
}
