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
        _ configuration: Configuration, _ manager: ModelManager, _ metrics: ServerMetrics,
        _ page: MetricsHandler,
        _ health: HealthHandler, _ readiness: @escaping @Sendable () -> ServerReadiness,
        processors: Int
    ) -> DataHandler {
        let fixed =
            metricsPaths(configuration.listen).map { DataHandler.Fixed(path: $0, handler: page) }
            + [HealthHandler.livePath, HealthHandler.readyPath].map {
                DataHandler.Fixed(path: $0, handler: health)
            }
        let isKServe = configuration.compatibility.v1 == .kserve
        let settings = configuration.invocations.filled(
            processors: processors, bodyBytes: configuration.limits.bodyBytes)
        let description = OpenAPIServer(
            version: Version.number, service: manager, catalog: manager, isKServe: isKServe,
            settings: settings)
        return DataHandler(
            tensorFlowServing: TensorFlowServingServer(
                service: manager, catalog: manager, observer: metrics),
            openInference: OpenInferenceServer(
                identity: .init(name: "slipway", version: Version.number), service: manager,
                catalog: manager, observer: metrics, readiness: readiness),
            kserve: isKServe
                ? KServeServer(service: manager, catalog: manager, observer: metrics) : nil,
            invocations: InvocationsServer(
                settings: settings, version: Version.number, service: manager, catalog: manager,
                administration: nil, observer: metrics, readiness: readiness),
            fixed: fixed + [DataHandler.Fixed(path: OpenAPIServer.path, handler: description)])
    }

    /// Where the REST port shows metrics.
    static func metricsPaths(_ listen: ListenSettings) -> [String] {
        listen.metricsPath.map { path in
            path == MetricsHandler.usualPath ? [path] : [MetricsHandler.usualPath, path]
        } ?? []
    }

    static func restListeners(
        _ configuration: Configuration, _ handler: DataHandler, _ group: any EventLoopGroup,
        _ observer: ListenerMetrics
    ) -> [Listener] {
        let listen = configuration.listen
        var addresses: [ListenerAddress] = []
        if let port = listen.restPort { addresses.append(.tcp(host: listen.host, port: port)) }
        if let path = listen.restSocket { addresses.append(.unix(path: path)) }
        let tls = configuration.tls.certificate.flatMap { certificate in
            configuration.tls.key.map { key in
                TLSFiles(
                    certificateChain: certificate, privateKey: key,
                    clientAuthorities: configuration.tls.clientVerification == .require
                        ? configuration.tls.clientAuthorities : nil)
            }
        }
        return addresses.map { address in
            var listener = ListenerConfiguration(address: address, name: "rest", tls: tls)
            listener.limits = configuration.limits.listener
            listener.requestTimeout = configuration.limits.requestTimeout
            return Listener(
                listener, handler: handler, group: group, logger: Logger(label: "listener"),
                observer: observer)
        }
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
