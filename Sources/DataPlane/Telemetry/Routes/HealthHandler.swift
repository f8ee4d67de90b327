public import Inference
public import Listener
import NIOCore
import NIOHTTP1
import ServingCore

/// `/livez` and `/readyz`: whether the process runs, and whether it can answer predictions now.
///
/// `/livez` is 200 as long as an event loop answers. `/readyz` is 200 when every configured model is
/// ready, else 503 with each reason; `?verbose` adds the models one by one.
public struct HealthHandler: HTTPHandler {
    /// The path that says whether the process runs.
    public static let livePath = "/livez"
    /// The path that says whether it can answer predictions.
    public static let readyPath = "/readyz"

    private let catalog: any ModelCatalog
    private let readiness: @Sendable () -> ServerReadiness

    /// Asks `readiness` at every request; the catalog is for `?verbose`.
    public init(
        catalog: any ModelCatalog, readiness: @escaping @Sendable () -> ServerReadiness
    ) {
        self.catalog = catalog
        self.readiness = readiness
    }

    public func handle(_ request: HTTPRequest, _ responder: HTTPResponder) {
        responder.respond(ReadOnlyRoute.refusal(request.method) ?? answer(request.target))
    }

    private func answer(_ target: String) -> HTTPResponse {
        if ReadOnlyRoute.path(of: target) == Self.livePath {
            return ReadOnlyRoute.json(.ok, "{\"status\":\"ok\"}")
        }
        let readiness = readiness()
        var text = "{\"status\":\(readiness.isReady ? "\"ready\"" : "\"not_ready\"")"
        text += ",\"reasons\":\(JSONText.array(readiness.reasons))"
        if ReadOnlyRoute.hasFlag("verbose", in: target) {
            let models = catalog.modelStatuses().map { model in
                "{\"name\":\(JSONText.quoted(model.name.text)),\"ready\":\(model.isFullyReady),"
                    + "\"reason\":\(JSONText.quoted(model.reason))}"
            }
            text += ",\"models\":[\(models.joined(separator: ","))]"
        }
        return ReadOnlyRoute.json(readiness.isReady ? .ok : .serviceUnavailable, text + "}")
    }
}
