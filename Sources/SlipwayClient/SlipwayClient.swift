public import NIOCore
public import NIOHTTP1
import NIOPosix
public import ServingCore

/// Talks to a model server: Slipway, or any other with the same protocols.
///
/// ```swift
/// let client = try SlipwayClient(url: "http://127.0.0.1:8501")
/// let outputs = try await client.infer(model: "digits", inputs: [NamedTensor("x", pixels)])
/// ```
///
/// Connections are kept between requests; every request has a time limit. Errors carry the server's
/// own text and status.
public struct SlipwayClient: Sendable {
    private let transport: Transport
    private let url: ServerURL
    private let options: ClientOptions

    /// Prepares a client; the first request connects.
    ///
    /// - Parameter url: `http://host:port`, `https://host:port` or `unix:/path`.
    /// - Throws: `invalid_request` for another address; `file_unreadable` for certificates.
    public init(url: String, options: ClientOptions = ClientOptions()) throws(ServingError) {
        try self.init(
            url: url, options: options, group: MultiThreadedEventLoopGroup.singleton)
    }

    /// As the other, on event loops of the caller's.
    public init(
        url: String, options: ClientOptions = ClientOptions(), group: any EventLoopGroup
    ) throws(ServingError) {
        self.url = try ServerURL(url)
        self.options = options
        transport = try Transport(self.url, options, group)
    }

    /// Asks for a path; any status is a reply.
    ///
    /// - Throws: `address_unavailable`, `deadline_exceeded` or `cancelled`.
    public func get(_ path: String) async throws(ServingError) -> ClientReply {
        try await send(.GET, path)
    }

    /// Sends a body to a path; any status is a reply.
    ///
    /// - Throws: `address_unavailable`, `deadline_exceeded` or `cancelled`.
    public func post(
        _ path: String, headers: HTTPHeaders = ["content-type": "application/json"],
        body: ByteBuffer = ByteBuffer()
    ) async throws(ServingError) -> ClientReply {
        try await send(.POST, path, headers: headers, body: body)
    }

    /// Sends a request; any status is a reply.
    ///
    /// - Throws: `address_unavailable`, `deadline_exceeded` or `cancelled`.
    public func send(
        _ method: HTTPMethod, _ path: String, headers: HTTPHeaders = HTTPHeaders(),
        body: ByteBuffer = ByteBuffer()
    ) async throws(ServingError) -> ClientReply {
        var headers = headers
        headers.replaceOrAdd(name: "host", value: url.host)
        if body.readableBytes > 0 || method == .POST {
            headers.replaceOrAdd(name: "content-length", value: String(body.readableBytes))
        }
        let head = HTTPRequestHead(
            version: .http1_1, method: method, uri: url.prefix + path, headers: headers)
        return try await transport.send(
            ClientConnection.Request(
                head: head, body: body, bytesMaximum: options.replyBytesMaximum))
    }

    /// Closes the kept connections; call when done.
    public func close() async { await transport.close() }

    /// `/v2/models/NAME[/versions/N]` and the like, with names percent-encoded.
    static func modelPath(_ root: String, _ model: String, _ version: String?) -> String {
        let path = "\(root)/models/\(encoded(model))"
        return version.map { "\(path)/versions/\(encoded($0))" } ?? path
    }

    /// Percent-encodes what may not stand in one path segment.
    static func encoded(_ segment: String) -> String {
        var text = ""
        for byte in segment.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x2e, 0x5f, 0x7e:
                text.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                text += digits.count == 1 ? "%0\(digits)" : "%\(digits)"
            }
        }
        return text
    }
}
