/// Where the answers of gRPC calls go; the connection implements it, so that a call costs no closure.
///
/// All calls may come from any thread; what is late or repeated is dropped.
public protocol GRPCResponseSink: AnyObject, Sendable {
    /// Sends one message of the call.
    func send(_ reply: GRPCReply, to call: UInt64)
    /// Ends the call; nothing is sent after it.
    func finish(_ status: GRPCStatus, to call: UInt64)
    /// Sends the one message of a unary call and ends it with success.
    func respond(_ reply: GRPCReply, trailers: [GRPCStatus.Trailer], to call: UInt64)
    /// One delivered message of a streaming call has been dealt with; another may be delivered.
    func messageHandled(of call: UInt64)
}

/// Takes the one answer to a unary call.
public struct GRPCResponder: Sendable {
    private let sink: any GRPCResponseSink
    private let call: UInt64

    /// Names a call of a sink.
    public init(sink: any GRPCResponseSink, call: UInt64) {
        self.sink = sink
        self.call = call
    }

    /// Answers with a message and success; from any thread, at most once.
    public func respond(_ reply: GRPCReply, trailers: [GRPCStatus.Trailer] = []) {
        sink.respond(reply, trailers: trailers, to: call)
    }

    /// Answers with an error and no message.
    public func fail(_ status: GRPCStatus) {
        sink.finish(status, to: call)
    }
}

/// Sends the messages of one streaming call.
public struct GRPCStreamWriter: Sendable {
    private let sink: any GRPCResponseSink
    private let call: UInt64

    /// Names a call of a sink.
    public init(sink: any GRPCResponseSink, call: UInt64) {
        self.sink = sink
        self.call = call
    }

    /// Sends one message; from any thread.
    public func send(_ reply: GRPCReply) { sink.send(reply, to: call) }

    /// Ends the call; exactly once, and nothing is sent after it.
    public func finish(_ status: GRPCStatus) { sink.finish(status, to: call) }

    /// Tells that a message that `GRPCStreamReceiver.received` got has been dealt with.
    public func messageHandled() { sink.messageHandled(of: call) }
}
