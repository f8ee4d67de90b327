public import Listener
import NIOCore
import NIOHTTP1
import ServingCore
import Synchronization

/// `/metrics`: the page that Prometheus scrapes.
///
/// The page is written on a thread of its own: reading the process's files and the allocator's state
/// takes about a millisecond, which the requests of an event loop need not wait for. There is at most
/// one such thread, and scrapes that come while it works share its next page.
public final class MetricsHandler: HTTPHandler {
    /// The path that Prometheus looks at unless told otherwise.
    public static let usualPath = "/metrics"
    /// The paths where the page stands; the second is TensorFlow Serving's.
    public static let paths = [usualPath, "/monitoring/prometheus/metrics"]

    private struct State {
        var waiting: [HTTPResponder] = []
        var isWriting = false
    }

    private let page: MetricsPage
    private let state = Mutex(State())

    /// Shows a page.
    public init(_ page: MetricsPage) {
        self.page = page
    }

    public func handle(_ request: HTTPRequest, _ responder: HTTPResponder) {
        if let refusal = ReadOnlyRoute.refusal(request.method) {
            return responder.respond(refusal)
        }
        let mustStart = state.withLock { state in
            state.waiting.append(responder)
            defer { state.isWriting = true }
            return !state.isWriting
        }
        guard mustStart else { return }
        do throws(ServingError) {
            try NamedThread.start("metrics") { [self] in answerAll() }
        } catch {
            // Metrics matter most when the machine is out of threads.
            answerAll()
        }
    }

    /// Answers those who wait with one page, until nobody does.
    private func answerAll() {
        while true {
            let waiting = state.withLock { state in
                defer { state.waiting = [] }
                state.isWriting = !state.waiting.isEmpty
                return state.waiting
            }
            guard !waiting.isEmpty else { return }
            let response = HTTPResponse(
                .ok, contentType: ExpositionWriter.contentType, body: page.render())
            for responder in waiting { responder.respond(response) }
        }
    }
}
