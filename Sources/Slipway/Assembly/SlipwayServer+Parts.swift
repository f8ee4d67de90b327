import Inference
import Listener
public import Logging
import Models
import NIOCore
import Protocols
import ServingCore
import Telemetry

/// The parts of a server, each made from its section of the configuration.
extension SlipwayServer {
    static func accessLog(_ settings: LogSettings) throws(ServingError) -> AccessLog? {
        switch settings.access {
        case .off: nil
        case .text: try AccessLog(.standardError, format: .text)
        case .json: try AccessLog(.standardError, format: .json)
        }
    }

    static func settings(_ configuration: Configuration) -> ModelManagerSettings {
        var settings = ModelManagerSettings()
        settings.memoryBudgetBytes = configuration.memoryBytes
        if let threads = configuration.loadThreads { settings.loaderThreads = threads }
        return settings
    }

    static func page(
        _ metrics: ServerMetrics, _ manager: ModelManager, _ listeners: [ListenerMetrics],
        _ accessLog: AccessLog?
    ) -> MetricsPage {
        let server: [any MetricSource] = [
            metrics, CatalogMetrics(manager),
            MemoryMetrics { manager.memoryEstimates.map { (identity: $0.key, bytes: $0.value) } },
            ListenersMetrics(listeners),
        ]
        let process: [any MetricSource] = [
            ProcessMetrics(), MallocMetrics(),
            BuildInfoMetrics(version: Version.number, swift: Version.swift),
        ]
        return MetricsPage(server + (accessLog.map { [$0] } ?? []) + process)
    }

    static func dataHandler(
        _ manager: ModelManager, _ metrics: ServerMetrics, _ page: MetricsHandler,
        _ health: HealthHandler, _ readiness: @escaping @Sendable () -> ServerReadiness
    ) -> DataHandler {
        let fixed =
            MetricsHandler.paths.map { DataHandler.Fixed(path: $0, handler: page) }
            + [HealthHandler.livePath, HealthHandler.readyPath].map {
                DataHandler.Fixed(path: $0, handler: health)
            }
        return DataHandler(
            tensorFlowServing: TensorFlowServingServer(
                service: manager, catalog: manager, observer: metrics),
            openInference: OpenInferenceServer(
                identity: .init(name: "slipway", version: Version.number), service: manager,
                catalog: manager, observer: metrics, readiness: readiness),
            fixed: fixed)
    }

    /// The gRPC services of this server, behind one another.
    static func grpcServices(
        _ manager: ModelManager, _ metrics: ServerMetrics,
        _ readiness: @escaping @Sendable () -> ServerReadiness
    ) -> GRPCServices {
        let services: [any GRPCService] = [
            TensorFlowServingPredictionService(service: manager, observer: metrics),
            TensorFlowServingModelService(
                catalog: manager, observer: metrics, administration: nil),
        ]
        return GRPCServices(services)
    }

    /// Where REST is served; with `listen.grpc: same`, gRPC as well.
    static func restListeners(
        _ configuration: Configuration, _ handler: DataHandler, _ services: GRPCServices,
        _ group: any EventLoopGroup, _ observer: ListenerMetrics
    ) -> [Listener] {
        let listen = configuration.listen
        let isOnePort = listen.grpc == .same
        let addresses = addresses(listen.host, port: listen.restPort, socket: listen.restSocket)
        return addresses.map { address in
            var settings = dataListener(configuration, "rest", address)
            settings.protocols = [.http1, .http2]
            return Listener(
                settings, handler: handler, grpc: isOnePort ? services : nil, group: group,
                logger: Logger(label: "listener"), observer: observer)
        }
    }

    /// Where gRPC alone is served.
    static func grpcListeners(
        _ configuration: Configuration, _ services: GRPCServices, _ group: any EventLoopGroup,
        _ observer: ListenerMetrics
    ) -> [Listener] {
        let listen = configuration.listen
        let addresses = addresses(
            listen.host, port: listen.grpc.number, socket: listen.grpcSocket)
        return addresses.map { address in
            var settings = dataListener(configuration, "grpc", address)
            settings.protocols = [.http2]
            return Listener(
                settings, handler: nil, grpc: services, group: group,
                logger: Logger(label: "listener"), observer: observer)
        }
    }

    private static func addresses(
        _ host: String, port: Int?, socket: String?
    ) -> [ListenerAddress] {
        [port.map { .tcp(host: host, port: $0) }, socket.map { .unix(path: $0) }]
            .compactMap { $0 }
    }

    /// What the listeners of the serving protocols have in common.
    private static func dataListener(
        _ configuration: Configuration, _ name: String, _ address: ListenerAddress
    ) -> ListenerConfiguration {
        let tls = configuration.tls.certificate.flatMap { certificate in
            configuration.tls.key.map { key in
                TLSFiles(
                    certificateChain: certificate, privateKey: key,
                    clientAuthorities: configuration.tls.clientVerification == .require
                        ? configuration.tls.clientAuthorities : nil)
            }
        }
        var listener = ListenerConfiguration(address: address, name: name, tls: tls)
        listener.limits = configuration.limits.listener
        listener.requestTimeout = configuration.limits.requestTimeout
        return listener
    }

    static func adminListener(
        _ configuration: Configuration, _ handler: AdminHandler, _ group: any EventLoopGroup,
        _ observer: ListenerMetrics
    ) -> Listener? {
        guard let port = configuration.listen.adminPort else { return nil }
        let address = ListenerAddress.tcp(host: configuration.listen.adminHost, port: port)
        var listener = ListenerConfiguration(address: address, name: "admin")
        listener.limits = configuration.limits.listener
        return Listener(
            listener, handler: handler, group: group, logger: Logger(label: "listener"),
            observer: observer)
    }
}

extension LimitSettings {
    /// The listener's form of these limits.
    var listener: ListenerLimits {
        var limits = ListenerLimits()
        limits.headerBytes = headerBytes
        limits.headerFields = headerFields
        limits.bodyBytes = bodyBytes
        limits.bodiesBytes = bodiesBytes
        limits.connections = connections
        limits.headerRead = headerTimeout
        limits.bodyRead = bodyTimeout
        limits.keepAlive = idleTimeout
        limits.replyWrite = replyTimeout
        return limits
    }
}

extension LogSettings.Level {
    /// The level under its name in swift-log.
    public var swiftLog: Logger.Level {
        switch self {
        case .trace: .trace
        case .debug: .debug
        case .info: .info
        case .notice: .notice
        case .warning: .warning
        case .error: .error
        case .critical: .critical
        }
    }
}
