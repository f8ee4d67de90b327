/// Hears what happens at a listener, for metrics and the access log.
///
/// Called on event loops; implementations must not block.
public protocol ListenerObserver: AnyObject, Sendable {
    /// Whether `requestFinished` should get a record; read once a connection.
    var wantsRecords: Bool { get }
    /// A client has connected, within the limit.
    func connectionOpened()
    /// A connection that `connectionOpened` told of is closed.
    func connectionClosed()
    /// The listener itself refused a request or a connection: the handler never saw it.
    func requestRefused(status: Int)
    /// As the other, with a line for the access log, nil unless `wantsRecords`; what the client did
    /// not get to say is empty. Calls the other unless implemented.
    func requestRefused(status: Int, record: RequestRecord?)
    /// A request has been answered; `record` is nil unless `wantsRecords`.
    ///
    /// - Parameter nanoseconds: From the end of the request's head until its reply was written.
    func requestFinished(status: Int, nanoseconds: UInt64, record: RequestRecord?)
    /// A gRPC call has ended, with HTTP status 200 and this code. Calls `requestFinished` unless
    /// implemented.
    ///
    /// - Parameter nanoseconds: From the end of the call's head until its last answer was written.
    func callFinished(_ code: GRPCStatus.Code, nanoseconds: UInt64, record: RequestRecord?)
}

extension ListenerObserver {
    /// Drops the record.
    public func requestRefused(status: Int, record: RequestRecord?) {
        requestRefused(status: status)
    }

    /// Counts the call as a request answered with 200.
    public func callFinished(
        _ code: GRPCStatus.Code, nanoseconds: UInt64, record: RequestRecord?
    ) {
        requestFinished(status: 200, nanoseconds: nanoseconds, record: record)
    }
}

/// One line of the access log.
public struct RequestRecord: Sendable {
    /// The method, as the client sent it.
    public var method: String
    /// The target, still percent-encoded.
    public var target: String
    /// The status of the reply.
    public var status: Int
    /// Bytes of the body after decompression.
    public var bytesIn: Int
    /// Bytes of the reply's body before compression; 0 for HEAD.
    public var bytesOut: Int
    /// From the end of the request's head until its reply was written.
    public var nanoseconds: UInt64
    /// The client's address, `unix` for a Unix domain socket.
    public var remoteAddress: String
    /// The client's `user-agent`, if it sent one.
    public var userAgent: String?
    /// How a gRPC call ended; nil for other requests.
    public var grpcStatus: Int?
}
