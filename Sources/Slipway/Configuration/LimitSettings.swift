import ServingCore

/// Bounds on what clients of the REST listener may send and how long they may take.
public struct LimitSettings: Hashable, Sendable {
    /// Largest request body in bytes, also after decompression.
    public var bodyBytes = Limits.bodyBytesMaximum
    /// Bytes of all request bodies together that are held at once.
    public var bodiesBytes = Limits.bodiesBytesMaximum
    /// Longest request line plus headers, in bytes.
    public var headerBytes = Limits.headerBytesMaximum
    /// Most header fields in a request.
    public var headerFields = Limits.headerFieldsMaximum
    /// Open connections that a listener accepts at once.
    public var connections = Limits.connectionsMaximum
    /// How long a request may take before it is given up.
    public var requestTimeout = Limits.requestTimeout
    /// Time a client has to send a whole header.
    public var headerTimeout = Limits.headerReadTimeout
    /// Longest pause between two parts of a body.
    public var bodyTimeout = Limits.bodyReadTimeout
    /// How long an idle kept-alive connection stays open.
    public var idleTimeout = Limits.keepAliveTimeout
    /// How long a client may leave a reply unread.
    public var replyTimeout = Limits.replyWriteTimeout
    /// How long a draining server waits for requests in flight.
    public var drainTimeout = Limits.drainTimeout

    /// Chooses the defaults.
    public init() {}
}
