import Listener
import NIOCore
import NIOHTTP1
import Synchronization

/// Keeps the requests that it gets; answers at once when told how, or when the test says.
final class RecordingHandler: HTTPHandler {
    typealias Answer = @Sendable (HTTPRequest) -> HTTPResponse?

    private let seen = Mutex([(HTTPRequest, HTTPResponder)]())
    private let answer: Answer
    private let admission: @Sendable (HTTPRequestHead) -> HTTPResponse?

    /// Answers with what `answer` returns; nil leaves the answer to the test.
    init(
        answer: @escaping Answer = RecordingHandler.echo,
        admit: @escaping @Sendable (HTTPRequestHead) -> HTTPResponse? = { _ in nil }
    ) {
        self.answer = answer
        admission = admit
    }

    /// Sends the body back, with method and target in a field.
    static let echo: Answer = { request in
        HTTPResponse(
            .ok, contentType: "text/plain",
            headers: ["x-request": "\(request.method.rawValue) \(request.target)"], body: request.body)
    }

    /// Leaves every answer to the test.
    static var silent: RecordingHandler { RecordingHandler { _ in nil } }

    var requests: [HTTPRequest] { seen.withLock { $0.map(\.0) } }
    var responders: [HTTPResponder] { seen.withLock { $0.map(\.1) } }
    var bodies: [String] { requests.map { String(buffer: $0.body) } }

    func admit(_ head: HTTPRequestHead) -> HTTPResponse? { admission(head) }

    func handle(_ request: HTTPRequest, _ responder: HTTPResponder) {
        seen.withLock { $0.append((request, responder)) }
        if let response = answer(request) { responder.respond(response) }
    }
}
