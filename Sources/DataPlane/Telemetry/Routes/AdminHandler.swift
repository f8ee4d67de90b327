public import Listener
import NIOCore
public import NIOHTTP1
import ServingCore

/// The admin port: metrics, health and the state of the models.
public struct AdminHandler: HTTPHandler {
    private let routes: [(path: String, handler: any HTTPHandler)]

    /// Puts the handlers at their paths.
    public init(metrics: MetricsHandler, health: HealthHandler, models: ModelsHandler) {
        routes =
            MetricsHandler.paths.map { ($0, metrics) } + [
                (HealthHandler.livePath, health), (HealthHandler.readyPath, health),
                (ModelsHandler.path, models),
            ]
    }

    public func admit(_ head: HTTPRequestHead) -> HTTPResponse? {
        guard let handler = handler(for: head.uri) else { return missing(head.uri) }
        return handler.admit(head) ?? ReadOnlyRoute.refusal(head.method)
    }

    public func handle(_ request: HTTPRequest, _ responder: HTTPResponder) {
        guard let handler = handler(for: request.target) else {
            return responder.respond(missing(request.target))
        }
        handler.handle(request, responder)
    }

    private func handler(for target: String) -> (any HTTPHandler)? {
        let path = ReadOnlyRoute.path(of: target)
        return routes.first { $0.path == path }?.handler
    }

    private func missing(_ target: String) -> HTTPResponse {
        let known = routes.map(\.path).joined(separator: ", ")
        return ReadOnlyRoute.error(
            .notFound, code: "route_not_found",
            "the admin port has no path '\(ReadOnlyRoute.path(of: target).clipped())' "
                + "(paths: \(known))")
    }
}
