public import Listener
import NIOCore
import NIOHTTP1

/// `/metrics`: the page that Prometheus scrapes.
public struct MetricsHandler: HTTPHandler {
    /// The paths where the page stands; the second is TensorFlow Serving's.
    public static let paths = ["/metrics", "/monitoring/prometheus/metrics"]

    private let page: MetricsPage

    /// Shows a page.
    public init(_ page: MetricsPage) {
        self.page = page
    }

    public func handle(_ request: HTTPRequest, _ responder: HTTPResponder) {
        if let refusal = ReadOnlyRoute.refusal(request.method) {
            return responder.respond(refusal)
        }
        responder.respond(
            HTTPResponse(
                .ok, contentType: ExpositionWriter.contentType, body: page.render()))
    }
}
