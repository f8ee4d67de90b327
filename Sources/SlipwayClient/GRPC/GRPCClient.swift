public import NIOCore
import NIOHPACK
import NIOHTTP2
import NIOPosix
import NIOSSL
public import ServingCore
import Synchronization
import Wire

/// Calls the gRPC services of a model server, with messages as bytes.
///
/// ```swift
/// let client = try GRPCClient(url: "http://127.0.0.1:8500")
/// let reply = try await client.call("/inference.GRPCInferenceService/ServerLive", ByteBuffer())
/// ```
///
/// One connection carries all calls; it is opened by the first one and again after it was lost.
public final class GRPCClient: Sendable {
    typealias Multiplexer = NIOHTTP2Handler.StreamMultiplexer

    private struct Connection: Sendable {
        var channel: any Channel
        var multiplexer: Multiplexer
    }

    private let url: ServerURL
    private let options: ClientOptions
    private let group: any EventLoopGroup
    private let tls: NIOSSLContext?
    private let connection = Mutex<Connection?>(nil)

    /// Prepares a client; the first call connects.
    ///
    /// - Parameter url: `http://host:8500` (HTTP/2 without TLS), `https://host:8500` or `unix:/path`.
    /// - Throws: `invalid_request` for another address; `file_unreadable` for certificates.
    public convenience init(
        url: String, options: ClientOptions = ClientOptions()
    ) throws(ServingError) {
        try self.init(url: url, options: options, group: MultiThreadedEventLoopGroup.singleton)
    }

    /// As the other, on event loops of the caller's.
    public init(
        url: String, options: ClientOptions = ClientOptions(), group: any EventLoopGroup
    ) throws(ServingError) {
        self.url = try ServerURL(url)
        self.options = options
        self.group = group
        tls = self.url.isTLS ? try TLSContext.make(options, protocols: ["h2"]) : nil
    }

    /// Makes a call with some messages (one for a unary method) and waits for its end.
    ///
    /// - Parameters:
    ///   - path: `/package.Service/Method`.
    ///   - messages: Sent at once; the client's side is closed after them.
    ///   - metadata: Further header fields, names in lower case.
    /// - Returns: Whatever the call ended with; a status other than 0 is a reply too.
    /// - Throws: `address_unavailable`, `deadline_exceeded` when nothing came in time, `internal`
    ///   for what is no gRPC.
    public func call(
        _ path: String, _ messages: [ByteBuffer], metadata: [(name: String, value: String)] = []
    ) async throws(ServingError) -> GRPCClientReply {
        var frames = ByteBuffer()
        for message in messages {
            frames.writeInteger(UInt8(0))
            frames.writeInteger(UInt32(clamping: message.readableBytes))
            frames.writeImmutableBuffer(message)
        }
        return try await call(path, rawBody: frames, metadata: metadata)
    }

    /// As the other, with the body's bytes as they are to be sent; for trying what servers refuse.
    public func call(
        _ path: String, rawBody: ByteBuffer, metadata: [(name: String, value: String)] = []
    ) async throws(ServingError) -> GRPCClientReply {
        do {
            let connection = try await connect()
            return try await exchange(
                connection, headers: headers(path, metadata), body: rawBody)
        } catch {
            throw explain(error)
        }
    }

    /// Closes the connection; call when done.
    public func close() async {
        let open = connection.withLock { current -> Connection? in
            defer { current = nil }
            return current
        }
        try? await open?.channel.close()
    }

    private func headers(
        _ path: String, _ metadata: [(name: String, value: String)]
    ) -> HPACKHeaders {
        var fields: [(String, String)] = [
            (":method", "POST"), (":scheme", url.isTLS ? "https" : "http"),
            (":path", url.prefix + path), (":authority", url.host),
            ("content-type", "application/grpc"), ("te", "trailers"),
            // The server need not work longer than the answer is waited for.
            ("grpc-timeout", GRPCTimeout.text(options.requestTimeout)),
        ]
        // What the caller says wins; a value of its own may be what it wants to try.
        for (name, value) in metadata {
            fields.removeAll { $0.0 == name }
            fields.append((name, value))
        }
        return HPACKHeaders(fields)
    }

    private func exchange(
        _ connection: Connection, headers: HPACKHeaders, body: ByteBuffer
    ) async throws -> GRPCClientReply {
        let loop = connection.channel.eventLoop
        let promise = loop.makePromise(of: GRPCClientReply.self)
        let limit = options.replyBytesMaximum
        let stream = connection.multiplexer.createStreamChannel { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(
                    GRPCClientStream(headers, body, promise, bytesMaximum: limit))
            }
        }
        stream.whenFailure { promise.fail($0) }
        let timer = loop.scheduleTask(in: TimeAmount(options.requestTimeout)) {
            promise.fail(GRPCClientStream.TimedOut())
        }
        defer {
            timer.cancel()
            stream.whenSuccess { $0.close(promise: nil) }
        }
        return try await promise.futureResult.get()
    }

    private func connect() async throws -> Connection {
        if let open = connection.withLock({ $0 }), open.channel.isActive { return open }
        let bootstrap = ClientBootstrap(group: group)
            .connectTimeout(TimeAmount(options.connectTimeout))
        let fresh: Connection
        switch url.place {
        case .tcp(let host, let port):
            fresh = try await bootstrap.channelOption(.tcpOption(.tcp_nodelay), value: 1)
                .connect(host: host, port: port) { [tls] in Self.configure($0, tls, host: host) }
        case .unix(let path):
            fresh = try await bootstrap.connect(unixDomainSocketPath: path) { [tls] in
                Self.configure($0, tls, host: nil)
            }
        }
        // Of calls that connect at the same time the first one's connection serves all.
        let kept = connection.withLock { current in
            if let current, current.channel.isActive { return current }
            current = fresh
            return fresh
        }
        if kept.channel !== fresh.channel { fresh.channel.close(promise: nil) }
        return kept
    }

    private static func configure(
        _ channel: any Channel, _ tls: NIOSSLContext?, host: String?
    ) -> EventLoopFuture<Connection> {
        channel.eventLoop.makeCompletedFuture {
            let pipeline = channel.pipeline.syncOperations
            if let tls {
                let name = host.flatMap { Transport.serverName(of: $0) }
                try pipeline.addHandler(NIOSSLClientHandler(context: tls, serverHostname: name))
            }
            let multiplexer = try pipeline.configureHTTP2Pipeline(
                mode: .client, connectionConfiguration: .init(), streamConfiguration: .init()
            ) { $0.close() }
            return Connection(channel: channel, multiplexer: multiplexer)
        }
    }

    private func explain(_ error: any Error) -> ServingError {
        if error is GRPCClientStream.TimedOut {
            return ServingError(
                .deadlineExceeded,
                "no answer within \(options.requestTimeout); raise the client's request timeout")
        }
        return Transport.explain(error, url)
    }
}
