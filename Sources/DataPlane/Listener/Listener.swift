public import Logging
public import NIOCore
import NIOPosix
import NIOSSL
public import ServingCore
import Synchronization

/// Accepts connections at one address and brings their requests to a handler.
///
/// ```swift
/// let listener = Listener(configuration, handler: routes, group: group, logger: logger)
/// try await listener.start()
/// let isClean = await listener.drain(within: .seconds(30))
/// ```
public final class Listener: Sendable {
    private struct State {
        var channel: (any Channel)?
        var socketFile: UnixSocketFile?
        var certificates: CertificateStore?
        var reloads: RepeatedTask?
    }

    private let configuration: ListenerConfiguration
    private let handler: (any HTTPHandler)?
    private let grpc: (any GRPCHandler)?
    private let group: any EventLoopGroup
    private let logger: Logger
    private let observer: (any ListenerObserver)?
    private let registry: ConnectionRegistry
    private let state = Mutex(State())

    /// Prepares a listener; nothing is opened before `start`.
    ///
    /// - Parameters:
    ///   - handler: Answers ordinary requests; nil refuses them: the port is for gRPC alone.
    ///   - grpc: Answers gRPC calls; `configuration.protocols` must contain `.http2` then.
    public init(
        _ configuration: ListenerConfiguration, handler: (any HTTPHandler)?,
        grpc: (any GRPCHandler)? = nil, group: any EventLoopGroup, logger: Logger,
        observer: (any ListenerObserver)? = nil
    ) {
        self.configuration = configuration
        self.handler = handler
        self.grpc = grpc
        self.group = group
        self.logger = logger
        self.observer = observer
        registry = ConnectionRegistry(maximum: configuration.limits.connections)
    }

    /// Loads the certificates, binds and begins to accept; call once.
    ///
    /// - Throws: `address_unavailable` or `configuration_invalid`, with what to do.
    public func start() async throws(ServingError) {
        var certificates: CertificateStore?
        if let files = configuration.tls {
            certificates = try CertificateStore(
                files, protocols: configuration.protocols, logger: logger)
        }
        let (channel, socketFile) = try await bind(
            makeBootstrap(certificates), at: configuration.address)
        let reloads = certificates.map { scheduleReloads($0) }
        state.withLock {
            $0 = State(
                channel: channel, socketFile: socketFile, certificates: certificates,
                reloads: reloads)
        }
        logger.info(
            "listening",
            metadata: ["listener": "\(configuration.name)", "address": "\(boundAddress)"])
    }

    /// Where it listens, with the port that the system chose when 0 was asked for.
    public var boundAddress: ListenerAddress {
        guard case .tcp(let host, let port) = configuration.address else {
            return configuration.address
        }
        let bound = state.withLock { $0.channel?.localAddress?.port }
        return .tcp(host: host, port: bound ?? port)
    }

    /// Connections that are open.
    public var connectionCount: Int { registry.count }

    /// Reads the certificates again now; does nothing without TLS.
    ///
    /// - Throws: `configuration_invalid`; the old certificate stays in use then.
    public func reloadCertificates() throws(ServingError) {
        try state.withLock { $0.certificates }?.reload()
    }

    /// Stops accepting, closes idle connections, lets requests under way finish, and closes what is
    /// left when the time is up.
    ///
    /// - Returns: Whether every request was finished in time.
    public func drain(within time: Duration) async -> Bool {
        let ended = state.withLock { state -> State in
            defer { state = State() }
            return state
        }
        ended.reloads?.cancel()
        try? await ended.channel?.close().get()
        ended.socketFile?.remove()
        let loop = group.any()
        let whenEmpty = loop.makePromise(of: Void.self)
        for connection in registry.startDraining(whenEmpty) { connection.drain() }
        let isClean = loop.makePromise(of: Bool.self)
        let registry = self.registry
        let timer = loop.scheduleTask(in: TimeAmount(time)) {
            isClean.succeed(false)
            for connection in registry.remaining { connection.forceClose() }
        }
        whenEmpty.futureResult.whenComplete { _ in
            timer.cancel()
            isClean.succeed(true)
        }
        let result = (try? await isClean.futureResult.get()) ?? false
        // Closed by force: wait until they are, so that the loops may be shut down.
        try? await whenEmpty.futureResult.get()
        return result
    }

    private func makeBootstrap(_ certificates: CertificateStore?) -> ServerBootstrap {
        let setup = HTTPConnection.Setup(
            limits: configuration.limits, requestTimeout: configuration.requestTimeout,
            compressReplies: configuration.compressReplies, isTLS: certificates != nil,
            protocols: configuration.protocols, handler: handler, grpc: grpc, registry: registry,
            bodies: BodyBudget(limit: configuration.limits.bodiesBytes),
            replies: BodyBudget(limit: configuration.limits.bodiesBytes), observer: observer,
            logger: logger)
        let isTCP = if case .tcp = configuration.address { true } else { false }
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: configuration.backlog)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: isTCP ? 1 : 0)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if let certificates {
                        try pipeline.addHandler(NIOSSLServerHandler(context: certificates.context))
                    }
                    try pipeline.addHandler(HTTPConnection(setup, eventLoop: channel.eventLoop))
                }
            }
        guard isTCP else { return bootstrap }
        // A stream may be silent for as long as it likes: the system finds out if its peer is gone.
        return bootstrap.childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.socketOption(.so_keepalive), value: 1)
    }

    private func scheduleReloads(_ certificates: CertificateStore) -> RepeatedTask {
        let interval = TimeAmount(configuration.tls?.reloadInterval ?? .seconds(10))
        return group.any().scheduleRepeatedTask(initialDelay: interval, delay: interval) { _ in
            NIOThreadPool.singleton.submit { state in
                if case .active = state { certificates.reloadIfChanged() }
            }
        }
    }
}
