import Inference
import Listener
import ServingCore

/// The status route: `GET /v1/models/NAME[/versions/N|/labels/L]`.
enum ModelStatusReply {
    /// The states of a model's versions, as protobuf prints `GetModelStatusResponse`.
    ///
    /// A label selects nothing: all versions come back, as in TensorFlow Serving. It answers 200
    /// whatever the states are, so it is no readiness probe.
    ///
    /// - Throws: `model_not_found` in TensorFlow Serving's words.
    static func make(_ model: ModelReference, _ catalog: any ModelCatalog) throws(ServingError)
        -> HTTPResponse
    {
        TensorFlowServingReply.message(
            .object([
                (
                    "model_version_status",
                    .list(try versions(model, catalog).map(document(of:)))
                )
            ]))
    }

    /// The versions that an answer lists, highest first; the same over REST and gRPC.
    ///
    /// - Throws: as `make`.
    static func versions(_ model: ModelReference, _ catalog: any ModelCatalog)
        throws(ServingError) -> [VersionStatus]
    {
        let all = (try? ModelName(model.name)).flatMap { catalog.modelStatus(of: $0)?.versions }
        var versions = all ?? []
        if case .version(let wanted) = model.choice {
            versions.removeAll { $0.version != wanted }
            guard !versions.isEmpty else {
                throw ServingError(
                    .modelNotFound,
                    "Could not find version \(wanted) of model \(model.name.clipped())")
            }
        }
        guard !versions.isEmpty else {
            throw ServingError(
                .modelNotFound, "Could not find any versions of model \(model.name.clipped())")
        }
        return versions
    }

    private static func document(of version: VersionStatus) -> ReplyDocument {
        let code = version.error.map { TensorFlowServingStatus.of($0.code).canonical } ?? .ok
        return .object([
            ("version", .text(version.version.description)),
            ("state", .text(version.state.rawValue)),
            (
                "status",
                .object([
                    ("error_code", .text(code.rawValue)),
                    ("error_message", .text(version.error?.message ?? "")),
                ])
            ),
        ])
    }
}
