import NIOCore
import NIOHPACK
import ServingCore
import Wire

extension GRPCStatus {
    /// A unary call ended before its message had begun.
    static let noMessage = GRPCStatus(
        .internalError, "the call has no message; a unary call needs exactly one")
    /// A call ended within a message.
    static let cutShort = GRPCStatus(.internalError, "the call ends in the middle of a message")
    /// A unary call has a second message.
    static let tooManyMessages = GRPCStatus(
        .internalError, "the call has more than one message; a unary call needs exactly one")

    /// The deadline has passed.
    static let timeIsUp = GRPCStatus(.deadlineExceeded, "Deadline Exceeded")

    /// Tells what was wrong with the framing of a call's messages.
    init(_ failure: GRPCMessageReader.Failure) {
        switch failure {
        case .compressionFlag(let flag):
            self.init(
                .internalError,
                "a message begins with \(flag); 0 (as it is) or 1 (compressed) is expected")
        case .tooLarge(let length, let limit):
            // The wording of other gRPC servers, which clients look for.
            self.init(
                .resourceExhausted, "Received message larger than max (\(length) vs. \(limit))")
        }
    }

    /// Adds the fields that end a call.
    func write(to fields: inout HPACKHeaders) {
        fields.add(name: "grpc-status", value: String(code.rawValue))
        if !message.isEmpty {
            let text = GRPCMessageText.encoded(
                message, bytesMaximum: Limits.statusMessageBytesMaximum)
            fields.add(name: "grpc-message", value: text, indexing: .nonIndexable)
        }
        if let details {
            fields.add(
                name: "grpc-status-details-bin", value: GRPCBinaryMetadata.encoded(details),
                indexing: .nonIndexable)
        }
        for trailer in trailers where trailer.isValid {
            fields.add(name: trailer.name, value: trailer.value, indexing: .nonIndexable)
        }
    }
}

extension GRPCStatus.Trailer {
    /// Whether it can be sent: a value may repeat what a client sent, a field must not end early.
    fileprivate var isValid: Bool {
        let isName = name.utf8.allSatisfy { byte in
            (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte)
                || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
                || byte == UInt8(ascii: ".")
        }
        return isName && !name.isEmpty && value.utf8.allSatisfy { (0x20...0x7E).contains($0) }
    }
}
