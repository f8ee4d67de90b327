/// Takes the one answer to a request.
public struct HTTPResponder: Sendable {
    private let send: @Sendable (HTTPResponse) -> Void

    /// Wraps where the answer goes; tests pass a closure that keeps it.
    public init(_ send: @escaping @Sendable (HTTPResponse) -> Void) {
        self.send = send
    }

    /// Answers; from any thread, exactly once.
    public func respond(_ response: HTTPResponse) {
        send(response)
    }
}
