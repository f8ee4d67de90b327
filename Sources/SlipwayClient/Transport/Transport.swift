import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import ServingCore
import Synchronization

/// Sends requests over connections that it keeps.
final class Transport: Sendable {
    private struct TimedOut: Error {}

    private struct Kept: Sendable {
        var channel: any Channel
        var connection: ClientConnection
    }

    private struct State {
        var idle: [Kept] = []
        var isClosed = false
    }

    private let url: ServerURL
    private let options: ClientOptions
    private let tls: NIOSSLContext?
    private let group: any EventLoopGroup
    private let state = Mutex(State())

    init(
        _ url: ServerURL, _ options: ClientOptions, _ group: any EventLoopGroup
    ) throws(ServingError) {
        self.url = url
        self.options = options
        self.group = group
        tls = url.isTLS ? try TLSContext.make(options) : nil
    }

    /// Sends one request and waits for its whole reply; closes the connection on cancellation.
    func send(_ request: ClientConnection.Request) async throws(ServingError) -> ClientReply {
        let deadline = NIODeadline.now() + TimeAmount(options.requestTimeout)
        do {
            while let kept = takeIdle() {
                do {
                    return try await exchange(request, kept, deadline)
                } catch is ClientConnection.ClosedBeforeReply {
                    // The server had closed it already; another one may be alive.
                    continue
                }
            }
            return try await exchange(request, connect(), deadline)
        } catch {
            throw explain(error)
        }
    }

    /// Closes the kept connections; those in use close after their reply.
    func close() async {
        let idle = state.withLock { state in
            state.isClosed = true
            defer { state.idle = [] }
            return state.idle
        }
        for kept in idle { try? await kept.channel.close() }
    }

    private func exchange(
        _ request: ClientConnection.Request, _ kept: Kept, _ deadline: NIODeadline
    ) async throws -> ClientReply {
        let channel = kept.channel
        let connection = kept.connection
        return try await withTaskCancellationHandler {
            let promise = channel.eventLoop.makePromise(of: (ClientReply, reusable: Bool).self)
            let timer = channel.eventLoop.scheduleTask(deadline: deadline) {
                promise.fail(TimedOut())
                channel.close(promise: nil)
            }
            channel.eventLoop.execute { connection.send(request, on: channel, promise) }
            defer { timer.cancel() }
            let (reply, isReusable) = try await promise.futureResult.get()
            if isReusable { keep(kept) } else { channel.close(promise: nil) }
            return reply
        } onCancel: {
            channel.close(promise: nil)
        }
    }

    private func takeIdle() -> Kept? { state.withLock { $0.idle.popLast() } }

    private func keep(_ kept: Kept) {
        let isKept = state.withLock { state in
            guard !state.isClosed, state.idle.count < options.idleConnections else { return false }
            state.idle.append(kept)
            return true
        }
        if !isKept { kept.channel.close(promise: nil) }
    }

    private func connect() async throws -> Kept {
        let connection = ClientConnection()
        let tls = self.tls
        var name: String?
        if case .tcp(let host, _) = url.place { name = Self.serverName(of: host) }
        let serverName = name
        let bootstrap = ClientBootstrap(group: group)
            .connectTimeout(TimeAmount(options.connectTimeout))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if let tls {
                        try pipeline.addHandler(
                            NIOSSLClientHandler(context: tls, serverHostname: serverName))
                    }
                    try pipeline.addHTTPClientHandlers()
                    try pipeline.addHandler(connection)
                }
            }
        let channel =
            switch url.place {
            case .tcp(let host, let port):
                try await bootstrap.channelOption(.tcpOption(.tcp_nodelay), value: 1)
                    .connect(host: host, port: port).get()
            case .unix(let path):
                try await bootstrap.connect(unixDomainSocketPath: path).get()
            }
        return Kept(channel: channel, connection: connection)
    }

    /// The name to ask a TLS server for: none for an address, which a certificate never names so.
    static func serverName(of host: String) -> String? {
        guard !host.contains(":"), host.contains(where: { !"0123456789.".contains($0) }) else {
            return nil
        }
        return host
    }

    private func explain(_ error: any Error) -> ServingError {
        if error is TimedOut {
            return ServingError(
                .deadlineExceeded,
                "no answer within \(options.requestTimeout); raise the client's request timeout",
                cause: error)
        }
        return Self.explain(error, url)
    }

    /// Says what went wrong between this client and a server, and what to look at.
    static func explain(_ error: any Error, _ url: ServerURL) -> ServingError {
        if let error = error as? ServingError { return error }
        if Task.isCancelled {
            return ServingError(.cancelled, "the request was cancelled", cause: error)
        }
        if error is ClientConnection.ClosedBeforeReply {
            return ServingError(
                .addressUnavailable,
                "\(url) closed the connection without an answer; check that it speaks "
                    + "\(url.isTLS ? "HTTPS" : "HTTP") there")
        }
        if let advice = TLSContext.advice(error) {
            return ServingError(
                .addressUnavailable, "cannot reach \(url): \(advice)", cause: error)
        }
        return ServingError(
            .addressUnavailable,
            "cannot reach \(url): \(reason(error)); check the address and that the server runs",
            cause: error)
    }

    /// The system's words for why there is no connection, each once, without those of the sockets'
    /// library around them.
    private static func reason(_ error: any Error) -> String {
        if let error = error as? IOError { return String(cString: strerror(error.errnoCode)) }
        guard let error = error as? NIOConnectionError else { return "\(error)" }
        var reasons: [String] = []
        for attempt in error.connectionErrors {
            let reason = reason(attempt.error)
            if !reasons.contains(reason) { reasons.append(reason) }
        }
        guard reasons.isEmpty else { return reasons.joined(separator: "; ") }
        return "there is no address of the name '\(error.host)'"
    }
}

extension ServerURL: CustomStringConvertible {
    /// As an error shows it.
    var description: String {
        switch place {
        case .tcp: "\(isTLS ? "https" : "http")://\(host)\(prefix)"
        case .unix(let path): "unix:\(path)"
        }
    }
}
