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
    static func refusal(
        _ error: ServingError, allow: String? = nil,
        as compatibility: OpenInferenceCompatibility = .kserve
    ) -> HTTPResponse {
        var response = document(
            .object([("error", .text(error.message))]),
            OpenInferenceStatus.of(error.code, as: compatibility))
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

    /// An answer without a body, as Triton and MLServer give it to probes.
    static func empty(_ isPositive: Bool) -> HTTPResponse {
        HTTPResponse(isPositive ? .ok : .badRequest)
    }

    /// `GET v2/health/live`.
    static func serverLive(as compatibility: OpenInferenceCompatibility) -> HTTPResponse {
        compatibility == .kserve ? document(.object([("live", .flag(true))])) : empty(true)
    }

    /// `GET v2/health/ready`: 200 when the server can answer for every model, else 503 with reasons,
    /// or 400 without a body.
    static func serverReady(
        _ readiness: ServerReadiness, as compatibility: OpenInferenceCompatibility
    ) -> HTTPResponse {
        guard compatibility == .kserve else { return empty(readiness.isReady) }
        if readiness.isReady { return document(.object([("ready", .flag(true))])) }
        let reasons = readiness.reasons.joined(separator: "; ")
        return notReady([("ready", .flag(false)), ("error", .text(reasons))])
    }

    /// `GET v2/models/NAME/ready` of a model that can answer.
    static func modelReady(_ name: String, as compatibility: OpenInferenceCompatibility)
        -> HTTPResponse
    {
        guard compatibility == .kserve else { return empty(true) }
        return document(.object([("name", .text(name)), ("ready", .flag(true))]))
    }

    /// `GET v2/models/NAME/ready` of a model that cannot answer: 503 with the reason, or 400.
    static func modelNotReady(
        _ name: String, _ reason: String, as compatibility: OpenInferenceCompatibility
    ) -> HTTPResponse {
        switch compatibility {
        case .kserve:
            notReady([("name", .text(name)), ("ready", .flag(false)), ("error", .text(reason))])
        case .triton:
            document(.object([("error", .text("Model version not ready"))]), .badRequest)
        case .mlserver: empty(false)
        }
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
                ("inputs", .list(signature.inputs.map { tensor($0, labels: []) })),
                (
                    "outputs",
                    .list(
                        signature.outputs.map { output in
                            let labels = ClassLabels.labels(of: output.name, metadata)
                            return tensor(output, labels: labels)
                        })
                ),
            ]))
    }

    /// A tensor; the labels of its classes, where they are known, are an addition to the protocol.
    private static func tensor(_ specification: TensorSpecification, labels: [String])
        -> ReplyDocument
    {
        var members: [(key: String, value: ReplyDocument)] = [
            ("name", .text(specification.name)),
            ("datatype", .text(specification.elementType.openInferenceName)),
            ("shape", .list((specification.wireShape ?? [-1]).map { .integer($0) })),
        ]
        if !labels.isEmpty {
            let list = ReplyDocument.list(labels.map { .text($0) })
            members.append(("parameters", .object([("labels", list)])))
        }
        return .object(members)
    }
}
