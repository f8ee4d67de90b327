import Inference
import Listener
import Models
import Protocols
import ServingCore
import Telemetry

/// The protocols of a server, each joined with what answers for it: one place that says which
/// clients are served, over REST and over gRPC.
struct ServedProtocols {
    let configuration: Configuration
    let budget: CPUBudget
    let manager: ModelManager
    let metrics: ServerMetrics
    let administration: any ModelAdministration
    let extensions: OpenInferenceExtensions
    let readiness: @Sendable () -> ServerReadiness

    init(
        _ configuration: Configuration, _ budget: CPUBudget, _ manager: ModelManager,
        _ metrics: ServerMetrics, _ administration: any ModelAdministration,
        _ readiness: @escaping @Sendable () -> ServerReadiness
    ) {
        self.configuration = configuration
        self.budget = budget
        self.manager = manager
        self.metrics = metrics
        self.administration = administration
        self.readiness = readiness
        extensions = OpenInferenceExtensions(
            service: manager, catalog: manager, statistics: metrics,
            administration: administration, logging: LogLevelControl(),
            compatibility: configuration.compatibility.v2.protocols)
    }

    private var identity: OpenInferenceServer.Identity {
        .init(name: "slipway", version: Version.number)
    }

    // MARK: REST

    /// Every route of the REST port.
    func data(_ page: MetricsHandler, _ health: HealthHandler) -> DataHandler {
        let isKServe = configuration.compatibility.v1 == .kserve
        let settings = configuration.invocations.filled(
            processors: budget.processors, bodyBytes: configuration.limits.bodyBytes)
        let description = OpenAPIServer(
            version: Version.number, service: manager, catalog: manager, isKServe: isKServe,
            settings: settings, compatibility: configuration.compatibility.v2.protocols,
            paths: (metricsPaths, HealthHandler.livePath, HealthHandler.readyPath))
        let fixed =
            metricsPaths.map { DataHandler.Fixed(path: $0, handler: page) }
            + [HealthHandler.livePath, HealthHandler.readyPath].map {
                DataHandler.Fixed(path: $0, handler: health)
            } + [DataHandler.Fixed(path: OpenAPIServer.path, handler: description)]
        return DataHandler(
            tensorFlowServing: TensorFlowServingServer(
                service: manager, catalog: manager, observer: metrics,
                cors: configuration.compatibility.cors),
            openInference: OpenInferenceServer(
                identity: identity, service: manager, catalog: manager, observer: metrics,
                readiness: readiness, extensions: extensions),
            kserve: isKServe
                ? KServeServer(service: manager, catalog: manager, observer: metrics) : nil,
            invocations: InvocationsServer(
                settings: settings, version: Version.number, service: manager, catalog: manager,
                administration: administration, observer: metrics, extensions: extensions,
                readiness: readiness),
            fixed: fixed)
    }

    /// Where the REST port shows metrics.
    private var metricsPaths: [String] {
        configuration.listen.metricsPath.map { path in
            path == MetricsHandler.usualPath ? [path] : [MetricsHandler.usualPath, path]
        } ?? []
    }

    // MARK: gRPC

    /// The services that answer predictions and tell of models.
    func services() -> [any GRPCService] {
        [
            TensorFlowServingPredictionService(
                service: manager, observer: metrics,
                tensorContent: configuration.compatibility.tensorContent,
                further: TensorFlowServingExampleMethods.methods(
                    service: manager, observer: metrics)),
            TensorFlowServingModelService(
                catalog: manager, observer: metrics, administration: administration),
            OpenInferenceGRPCService(
                identity: identity, extensions: extensions, observer: metrics,
                readiness: readiness),
        ]
    }

    /// The services with health, and with reflection over all of them, behind one another.
    static func discoverable(
        _ services: [any GRPCService], _ health: HealthService
    ) -> GRPCServices {
        let versions = ReflectionService.Version.allCases
        let names =
            services.map(\.name) + [HealthService.fullName]
            + versions.map(ReflectionService.name(of:))
        return GRPCServices(
            services + [health] + versions.map { ReflectionService($0, services: names) })
    }
}
