public import NIOCore

/// How a gRPC call ended.
public struct GRPCStatus: Error, Hashable, Sendable {
    /// The canonical status codes of gRPC.
    public enum Code: Int, Hashable, Sendable, CaseIterable {
        case ok = 0
        case cancelled = 1
        case unknown = 2
        case invalidArgument = 3
        case deadlineExceeded = 4
        case notFound = 5
        case alreadyExists = 6
        case permissionDenied = 7
        case resourceExhausted = 8
        case failedPrecondition = 9
        case aborted = 10
        case outOfRange = 11
        case unimplemented = 12
        case internalError = 13
        case unavailable = 14
        case dataLoss = 15
        case unauthenticated = 16
    }

    /// The code.
    public var code: Code
    /// What happened; percent-encoded on the wire.
    public var message: String
    /// A serialised `google.rpc.Status` for the `grpc-status-details-bin` trailer; nil for none.
    public var details: ByteBuffer?
    /// Further trailers, names in lower case.
    public var trailers: [Trailer]

    /// One header field after the messages.
    public struct Trailer: Hashable, Sendable {
        /// The name, in lower case.
        public var name: String
        /// The value: visible ASCII.
        public var value: String

        /// Pairs them.
        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    /// Ends a call.
    public init(
        _ code: Code, _ message: String = "", details: ByteBuffer? = nil, trailers: [Trailer] = []
    ) {
        self.code = code
        self.message = message
        self.details = details
        self.trailers = trailers
    }

    /// Success.
    public static let ok = GRPCStatus(.ok)
}
