package import NIOCore
import NIOHTTP1

/// What a stream of bytes means as HTTP/1.1 requests, without a connection: for the fuzzer and the
/// replay of its corpus, which must not depend on sockets or time.
package struct RequestTranscript: Equatable {
    /// A request as far as it was read.
    package struct Request: Equatable {
        /// The method, as sent.
        package var method: String
        /// The target in origin form, or `*`.
        package var target: String
        /// Names and values, in order.
        package var fields: [String]
        /// The body's bytes without their framing.
        package var body = ByteBuffer()
        /// Whether the end of the request was seen.
        package var isComplete = false
    }

    /// The requests found, in order.
    package private(set) var requests: [Request] = []
    /// The status and words with which the rest was refused; nil when nothing was.
    package private(set) var refusal: (status: UInt, message: String)?

    /// Reads bytes as a connection would that is handed `pieceBytes` of them at a time.
    package init(_ bytes: UnsafeRawBufferPointer, pieceBytes: Int) {
        var limits = ListenerLimits()
        limits.headerBytes = 1024
        limits.headerFields = 16
        limits.targetBytes = 256
        limits.bodyBytes = 4096
        var reader = RequestReader(limits: limits)
        var input = ByteBuffer()
        var start = 0
        do throws(Refusal) {
            while start < bytes.count {
                let end = min(bytes.count, start + max(1, pieceBytes))
                input.writeBytes(UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
                start = end
                while try take(try reader.next(&input)) {}
            }
        } catch {
            refusal = (error.status.code, error.message)
        }
    }

    /// Notes an event; false when more bytes are needed.
    private mutating func take(_ event: RequestReader.Event) throws(Refusal) -> Bool {
        switch event {
        case .more: return false
        case .head(let head):
            requests.append(
                Request(
                    method: head.method.rawValue, target: head.target,
                    fields: head.headers.map { "\($0.name): \($0.value)" }))
        case .body(let part):
            requests[requests.count - 1].body.writeImmutableBuffer(part)
        case .end: requests[requests.count - 1].isComplete = true
        }
        return true
    }

    /// The same requests, and both refused or neither: where in a bad line the refusal comes, and so
    /// its words, may depend on how the bytes were cut.
    package static func == (left: Self, right: Self) -> Bool {
        left.requests == right.requests && (left.refusal == nil) == (right.refusal == nil)
    }
}
