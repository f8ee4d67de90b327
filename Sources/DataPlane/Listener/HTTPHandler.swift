public import Inference
public import NIOCore
public import NIOHTTP1
public import ServingCore

/// What answers the requests of a listener: a protocol's server, or several behind one another.
public protocol HTTPHandler: Sendable {
    /// Looks at a request's head before its body is read, only when the client waits for
    /// `100 Continue`; a response here is sent instead, and the body is never asked for.
    func admit(_ head: HTTPRequestHead) -> HTTPResponse?

    /// Answers a complete request.
    ///
    /// Called on the connection's event loop, so it must not block; the answer may be given later and
    /// from any thread, exactly once.
    func handle(_ request: HTTPRequest, _ responder: HTTPResponder)
}

extension HTTPHandler {
    /// Admits everything; refusals come after the body then.
    public func admit(_ head: HTTPRequestHead) -> HTTPResponse? { nil }
}

/// A complete request: its head, and its body after de-chunking and decompression.
public struct HTTPRequest: Sendable {
    /// The method.
    public var method: HTTPMethod
    /// The target as it came, still percent-encoded: `/v1/models/digits:predict?x=1`.
    public var target: String
    /// The header fields.
    public var headers: HTTPHeaders
    /// The whole body, within the listener's limit; empty when there is none.
    public var body: ByteBuffer
    /// When its head was read.
    public var received: MonotonicTime
    /// When its answer stops being of use: the listener's request timeout after `received`.
    public var deadline: MonotonicTime
    /// Fires when the client closes the connection before the answer.
    public var cancellation: RequestCancellation

    /// Assembles a request.
    public init(
        method: HTTPMethod, target: String, headers: HTTPHeaders = HTTPHeaders(),
        body: ByteBuffer = ByteBuffer(), received: MonotonicTime = .now(),
        deadline: MonotonicTime = MonotonicTime(nanoseconds: .max),
        cancellation: RequestCancellation = RequestCancellation()
    ) {
        self.method = method
        self.target = target
        self.headers = headers
        self.body = body
        self.received = received
        self.deadline = deadline
        self.cancellation = cancellation
    }
}

/// A complete answer. The listener adds `content-length`, `date` and connection handling, drops the
/// body for HEAD, and compresses when the client accepts it and it pays.
public struct HTTPResponse: Sendable {
    /// The status.
    public var status: HTTPResponseStatus
    /// Further header fields.
    public var headers: HTTPHeaders
    /// The body.
    public var body: ByteBuffer

    /// Answers; `contentType` becomes a header field unless it is nil.
    public init(
        _ status: HTTPResponseStatus, contentType: String? = nil,
        headers: HTTPHeaders = HTTPHeaders(), body: ByteBuffer = ByteBuffer()
    ) {
        self.status = status
        self.headers = headers
        self.body = body
        if let contentType { self.headers.replaceOrAdd(name: "content-type", value: contentType) }
    }
}
