import Listener
import ServingCore

/// How an error looks to a gRPC client of TensorFlow Serving.
enum TensorFlowServingGRPCStatus {
    /// Longest message, in bytes; the original cuts there and says so.
    static let messageBytesMaximum = 1024

    /// The status of an error: the canonical code of the table that REST uses too, and the message.
    static func of(_ error: ServingError) -> GRPCStatus {
        GRPCStatus(
            TensorFlowServingStatus.of(error.code).grpc.grpcCode, shortened(error.message))
    }

    private static func shortened(_ message: String) -> String {
        guard message.utf8.count > messageBytesMaximum else { return message }
        var end = message.utf8.index(message.startIndex, offsetBy: messageBytesMaximum)
        // Not within a character: what is sent stays UTF-8.
        while end.samePosition(in: message.unicodeScalars) == nil {
            end = message.utf8.index(before: end)
        }
        return String(message[..<end]) + "...TRUNCATED"
    }
}

extension CanonicalCode {
    /// The same code in gRPC's numbering.
    var grpcCode: GRPCStatus.Code {
        switch self {
        case .ok: .ok
        case .cancelled: .cancelled
        case .invalidArgument: .invalidArgument
        case .deadlineExceeded: .deadlineExceeded
        case .notFound: .notFound
        case .resourceExhausted: .resourceExhausted
        case .failedPrecondition: .failedPrecondition
        case .unimplemented: .unimplemented
        case .internalError: .internalError
        case .unavailable: .unavailable
        case .dataLoss: .dataLoss
        }
    }
}
