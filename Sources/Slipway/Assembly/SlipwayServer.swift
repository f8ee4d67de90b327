import EngineInterface
import Inference
import Listener
import Logging
import Models
import NIOCore
import NIOPosix
import Protocols
import Scheduling
public import ServingCore
import Synchronization
import Telemetry

/// A server made from a configuration: read `init` from top to bottom to see how the rooms are joined.
///
/// `start` it once, `apply` changed configurations while it runs, `stop` it once.
public final class SlipwayServer: Sendable {
    private let logger = Logger(label: "slipway")
    private let group: MultiThreadedEventLoopGroup
    private let watch: DeadlineWatch
    private let accessLog: AccessLog?
    private let manager: ModelManager
    private let administrator: ModelAdministrator
    private let rest: [Listener]
    private let grpc: [Listener]
    private let grpcHealth: HealthService
    /// Whether the REST listeners serve gRPC too.
    private let isOnePort: Bool
    private let admin: Listener?
    private let isTLS: Bool
    private let drainTimeout: Duration
    private let draining = DrainingFlag()
    private let initial: AspiredState

    /// Joins everything; opens no port and loads no model yet.
    ///
    /// - Throws: `file_unreadable` or `resource_exhausted` when the access log cannot be started.
    public init(_ configuration: Configuration) throws(ServingError) {
        // The machine's share: one figure sizes event loops and engine threads alike.
        let budget = configuration.processors.map(CPUBudget.init(processors:)) ?? .detect()
        group = MultiThreadedEventLoopGroup(numberOfThreads: budget.processors)
        initial = configuration.models
        drainTimeout = configuration.limits.drainTimeout
        isTLS = configuration.tls.isEnabled
        isOnePort = configuration.listen.grpc == .same

        // What counts and logs; the rooms to its left know it by their observer protocols only.
        let metrics = ServerMetrics()
        accessLog = try Self.accessLog(configuration.log)

        // Scheduling: one pool of threads and one watch over deadlines for all models.
        watch = DeadlineWatch()
        let factory = SchedulerFactory(watch: watch)

        // Worker processes tell what becomes of them.
        let workers = WorkerWatch()

        // Models: directories in, a table of ready versions out.
        manager = ModelManager(
            ModelManagerDependencies(
                engines: Engines.all,
                environment: EngineEnvironment(
                    budget: budget, libraryDirectories: configuration.libraryDirectories,
                    workers: workers),
                factory: factory, warmUpReader: RecordedRequests(), observer: metrics,
                logger: Logger(label: "models")),
            settings: Self.settings(configuration))

        // What is wanted of it: by the configuration, the repository directory and clients.
        administrator = ModelAdministrator(
            manager, Self.administration(configuration), engines: Engines.all,
            logger: Logger(label: "models"))

        // Health is the manager's word, unless the server is going down.
        let readiness: @Sendable () -> ServerReadiness = { [manager, draining] in
            draining.isSet
                ? ServerReadiness(isReady: false, reasons: ["the server is draining"])
                : manager.readiness()
        }

        // Protocols and the routes for operators.
        let restMetrics = ListenerMetrics(name: "rest", accessLog: accessLog)
        let grpcMetrics = ListenerMetrics(name: "grpc", accessLog: accessLog)
        let adminMetrics = ListenerMetrics(name: "admin", accessLog: accessLog)
        let page = MetricsHandler(
            Self.page(
                metrics, manager, workers, [restMetrics, grpcMetrics, adminMetrics], accessLog))
        let health = HealthHandler(catalog: manager, readiness: readiness)
        let protocols = ServedProtocols(
            configuration, budget, manager, metrics, administrator, readiness)
        let data = protocols.data(page, health)
        let operators = AdminHandler(
            metrics: page, health: health, models: ModelsHandler(manager))

        let predicting = protocols.services()
        grpcHealth = HealthService(
            services: predicting.map(\.name), service: manager, catalog: manager,
            eventLoop: group.next(), readiness: readiness)
        let services = ServedProtocols.discoverable(predicting, grpcHealth)

        // Listeners come last: nothing can ask before there is something that answers.
        rest = Self.restListeners(configuration, data, services, group, restMetrics)
        grpc = try Self.grpcListeners(configuration, services, group, grpcMetrics)
        admin = Self.adminListener(configuration, operators, group, adminMetrics)
    }

    /// Opens the ports, then begins to load; answers at once, with "not ready" until models are.
    ///
    /// - Throws: `address_unavailable`, `configuration_invalid` (certificates, models) or
    ///   `resource_exhausted`; everything is closed again then.
    public func start() async throws(ServingError) -> Announcement {
        do throws(ServingError) {
            try watch.start()
            // Started first, `apply` returns when readiness and status know every model: nobody
            // who asks as soon as the ports are open may take an empty table for a ready server.
            try manager.start()
            try administrator.start(initial)
            for listener in rest { try await open(listener, keys: "--rest-port, listen.rest") }
            for listener in grpc { try await open(listener, keys: "--grpc-port, listen.grpc") }
            if let admin { try await open(admin, keys: "--admin-port, listen.admin") }
        } catch {
            _ = await stop()
            throw error
        }
        return announcement
    }

    private func open(_ listener: Listener, keys: String) async throws(ServingError) {
        do throws(ServingError) {
            try await listener.start()
        } catch {
            guard error.code == .addressUnavailable, case .tcp = listener.boundAddress else {
                throw error
            }
            throw ServingError(error.code, "\(error.message) (\(keys))", cause: error)
        }
    }

    /// Takes over a changed configuration as far as a running server can; the caller has logged it.
    public func apply(_ configuration: Configuration) {
        LogLevelSwitch.shared.level = configuration.log.level.swiftLog
        do throws(ServingError) {
            try administrator.configure(configuration.models)
        } catch {
            logger.error("\(error.message); the last models stay in use")
        }
    }

    /// Reads certificates again and reopens log files; what SIGHUP asks for besides the configuration.
    public func refreshFiles() {
        accessLog?.reopen()
        for listener in rest + grpc {
            do throws(ServingError) { try listener.reloadCertificates() } catch {
                logger.error("\(error.message); the last certificate stays in use")
            }
        }
    }

    /// Stops accepting, finishes the requests in flight, unloads the models; within the drain timeout.
    ///
    /// - Returns: Whether everything ended in time.
    public func stop() async -> Bool {
        draining.set()
        grpcHealth.endWatches()
        logger.notice("draining", metadata: ["timeout": "\(drainTimeout)"])
        let end = MonotonicTime.now().advanced(by: drainTimeout)
        let isClean = await drainListeners()
        // What the listeners took of the time is gone, but unloading idle models needs a moment.
        let left = Duration.nanoseconds(Int64(end.nanoseconds(since: .now())))
        let isUnloaded = manager.stop(timeout: max(left, .seconds(1)))
        administrator.stop()
        // The admin port answers until the end, so that operators can see what a drain waits for.
        _ = await admin?.drain(within: .seconds(1))
        watch.stop()
        accessLog?.close()
        try? await group.shutdownGracefully()
        logger.notice("stopped", metadata: ["clean": "\(isClean && isUnloaded)"])
        return isClean && isUnloaded
    }

    /// Drains all REST and gRPC listeners at once; true when none was cut short.
    private func drainListeners() async -> Bool {
        await withTaskGroup(of: Bool.self) { [rest, grpc, drainTimeout] group in
            for listener in rest + grpc {
                group.addTask { await listener.drain(within: drainTimeout) }
            }
            return await group.reduce(true) { $0 && $1 }
        }
    }

    private var announcement: Announcement {
        var result = Announcement()
        for listener in rest {
            let url = Announcement.url(listener.boundAddress, isTLS: isTLS)
            switch listener.boundAddress {
            case .unix: result.restSocket = url
            case .tcp: result.rest = url
            }
        }
        for listener in isOnePort ? rest : grpc {
            let address = listener.boundAddress
            switch address {
            case .unix: result.grpcSocket = "\(address)"
            case .tcp: result.grpc = "\(address)"
            }
        }
        result.admin = admin.map { Announcement.url($0.boundAddress, isTLS: false) }
        return result
    }
}
