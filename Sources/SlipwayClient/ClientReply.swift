public import NIOCore
public import NIOHTTP1
public import ServingCore
public import Wire

/// What a server answered.
public struct ClientReply: Sendable {
    /// The status.
    public var status: HTTPResponseStatus
    /// The header fields.
    public var headers: HTTPHeaders
    /// The body.
    public var body: ByteBuffer

    /// Itself when the status is 2xx.
    ///
    /// - Throws: The server's error text and status under the code that fits the status best.
    @discardableResult
    public func checked() throws(ServingError) -> ClientReply {
        if (200..<300).contains(status.code) { return self }
        let seconds = headers.first(name: "retry-after").flatMap(Int.init)
        throw ServingError(
            code, "the server answered \(status.code) \(status.reasonPhrase): \(errorText)",
            retryAfter: seconds.map { .seconds(min(max($0, 0), 86_400)) })
    }

    /// The body as a JSON document.
    ///
    /// - Throws: `internal` when it is none: a server that answers so is not one of these protocols.
    public func json() throws(ServingError) -> JSONValue {
        do throws(ServingError) {
            return try JSONValue(parsing: body)
        } catch {
            throw ServingError(
                .internalError, "the server's reply is not JSON: \(error.message)", cause: error)
        }
    }

    /// The text of `{"error": "..."}`, or the start of whatever else the body is.
    private var errorText: String {
        if let value = try? JSONValue(parsing: body), let text = value.objectValue?["error"] {
            return text.stringValue ?? (try? text.text(.compact)) ?? "no reason given"
        }
        let text = body.getString(at: body.readerIndex, length: min(body.readableBytes, 1024)) ?? ""
        return text.isEmpty ? "no reason given" : text.clipped()
    }

    private var code: ErrorCode {
        switch status.code {
        case 404: .modelNotFound
        case 405: .methodNotAllowed
        case 408, 504: .deadlineExceeded
        case 413: .requestTooLarge
        case 415: .unsupportedMediaType
        case 429: .overloaded
        case 499: .cancelled
        case 501: .unsupported
        case 503: .modelNotReady
        case 400..<500: .invalidRequest
        default: .engineFailed
        }
    }
}
