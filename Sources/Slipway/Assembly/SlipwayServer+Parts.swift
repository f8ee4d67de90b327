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
        switch configuration.scan {
        case .automatic: break
        case .every(let pause):
            settings.pollInterval = pause
            settings.watchedPollInterval = pause
        case .once:
            settings.watchesDirectories = false
            settings.pollInterval = Self.never
        }
        return settings
    }

    /// Longer than any server runs.
    private static let never = Duration.seconds(100 * 365 * 24 * 60 * 60)

    static func administration(_ configuration: Configuration) -> ModelAdministrator.Settings {
        var settings = ModelAdministrator.Settings()
        settings.control = configuration.modelControl
        settings.allowsReplacing = configuration.isTensorFlowServing
        settings.repository = configuration.repository
        settings.labels = configuration.compatibility.unavailableLabels
        settings.looksAgain = configuration.scan != .once
        return settings
    }

    static func page(
        _ metrics: ServerMetrics, _ manager: ModelManager, _ workers: WorkerWatch,
        _ listeners: [ListenerMetrics], _ accessLog: AccessLog?
    ) -> MetricsPage {
        let server: [any MetricSource] = [
            metrics, TensorFlowServingMetrics(metrics), TritonMetrics(metrics),
            CatalogMetrics(manager),
            MemoryMetrics { manager.memoryEstimates.map { (identity: $0.key, bytes: $0.value) } },
            WorkerMetrics { workers.versions() }, ListenersMetrics(listeners),
        ]
        let process: [any MetricSource] = [
            ProcessMetrics(), MallocMetrics(),
            BuildInfoMetrics(version: Version.number, swift: Version.swift),
        ]
        return MetricsPage(server + (accessLog.map { [$0] } ?? []) + process)
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
            var settings = dataListener(
                configuration, "rest", address, configuration.tls.files)
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
    ) throws(ServingError) -> [Listener] {
        let listen = configuration.listen
        let tls = try GRPCCertificates.files(configuration.tls)
        let addresses = addresses(
            listen.host, port: listen.grpc.number, socket: listen.grpcSocket)
        return addresses.map { address in
            var settings = dataListener(configuration, "grpc", address, tls)
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
        _ configuration: Configuration, _ name: String, _ address: ListenerAddress,
        _ tls: TLSFiles?
    ) -> ListenerConfiguration {
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

extension CompatibilitySettings.V2 {
    /// The protocols' form of the dialect.
    var protocols: OpenInferenceCompatibility {
        switch self {
        case .kserve: .kserve
        case .triton: .triton
        case .mlserver: .mlserver
        }
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
