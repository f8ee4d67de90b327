import NIOCore
import NIOHTTP1

/// Why the listener answers a request itself; the connection is closed after it.
struct Refusal: Error {
    var status: HTTPResponseStatus
    /// What was seen, what the limit or rule is, what to do.
    var message: String
    var headers = HTTPHeaders()

    init(_ status: HTTPResponseStatus, _ message: String, headers: HTTPHeaders = HTTPHeaders()) {
        self.status = status
        self.message = message
        self.headers = headers
    }

    static func bad(_ message: String) -> Refusal { Refusal(.badRequest, message) }

    /// The one form of every error that the listener itself sends: `{"error": "..."}`.
    var response: HTTPResponse {
        var body = ByteBuffer()
        body.writeStaticString("{\"error\": \"")
        for byte in message.utf8 { Self.writeEscaped(byte, to: &body) }
        body.writeStaticString("\"}")
        return HTTPResponse(status, contentType: "application/json", headers: headers, body: body)
    }

    private static func writeEscaped(_ byte: UInt8, to body: inout ByteBuffer) {
        switch byte {
        case UInt8(ascii: "\""): body.writeStaticString("\\\"")
        case UInt8(ascii: "\\"): body.writeStaticString("\\\\")
        case 0..<0x20, 0x7f:
            let digits = String(byte, radix: 16)
            body.writeString("\\u" + String(repeating: "0", count: 4 - digits.count) + digits)
        default: body.writeInteger(byte)
        }
    }
}
