/// Where an answer goes; the connection implements it, so that a request costs no closure.
public protocol HTTPResponseSink: AnyObject, Sendable {
    /// Takes the answer to the request of that number; late and repeated answers are dropped.
    func respond(_ response: HTTPResponse, to number: UInt64)
}

/// Takes the one answer to a request.
public struct HTTPResponder: Sendable {
    private final class ClosureSink: HTTPResponseSink {
        let send: @Sendable (HTTPResponse) -> Void

        init(_ send: @escaping @Sendable (HTTPResponse) -> Void) {
            self.send = send
        }

        func respond(_ response: HTTPResponse, to number: UInt64) { send(response) }
    }

    private let sink: any HTTPResponseSink
    private let number: UInt64

    /// Names a request of a sink.
    public init(sink: any HTTPResponseSink, number: UInt64) {
        self.sink = sink
        self.number = number
    }

    /// Wraps where the answer goes; tests pass a closure that keeps it.
    public init(_ send: @escaping @Sendable (HTTPResponse) -> Void) {
        sink = ClosureSink(send)
        number = 0
    }

    /// Answers; from any thread, exactly once.
    public func respond(_ response: HTTPResponse) {
        sink.respond(response, to: number)
    }
}
