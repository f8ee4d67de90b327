public import NIOCore
public import NIOHPACK

/// How a gRPC call ended.
public struct GRPCClientReply: Sendable {
    /// The `grpc-status`; nil when the server did not send one, so that it is no gRPC.
    public var code: Int?
    /// The `grpc-message`, percent-decoded.
    public var message: String
    /// The messages that came, without their prefixes.
    public var messages: [ByteBuffer]
    /// The first header fields.
    public var headers: HPACKHeaders
    /// The last header fields; those of the head when the server sent nothing else.
    public var trailers: HPACKHeaders
    /// The HTTP status; 0 when there was no head.
    public var httpStatus: Int
    /// The HTTP/2 error code with which the server reset the stream; nil when it did not.
    public var resetCode: Int?

    /// The names of the canonical codes, by number.
    public static let codeNames = [
        "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND",
        "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
        "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS",
        "UNAUTHENTICATED",
    ]

    /// The code's canonical name; what happened instead when there is no code.
    public var codeName: String {
        guard let code else {
            return resetCode.map { "stream reset with HTTP/2 error \($0)" }
                ?? "no grpc-status (HTTP \(httpStatus))"
        }
        return Self.codeNames.indices.contains(code) ? Self.codeNames[code] : "code \(code)"
    }
}
