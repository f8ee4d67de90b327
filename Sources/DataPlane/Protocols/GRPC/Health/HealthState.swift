import Inference
import ServingCore

/// What `grpc.health.v1.HealthCheckResponse` says of a service.
enum ServingStatus: UInt64, Sendable {
    case serving = 1
    case notServing = 2
    /// Only watchers see it: a check of an unknown service is refused.
    case serviceUnknown = 3
}

/// Answers how a service or a model is.
///
/// The empty name and the names of services stand for the server as a whole: they serve when the
/// server is ready. Any other name is a model's; a model serves when a request that names no version
/// would be answered and its latest prediction did not fail in the engine.
struct HealthState: Sendable {
    private let serviceNames: Set<String>
    private let listedServices: [String]
    private let service: any InferenceService
    private let catalog: any ModelCatalog
    private let readiness: @Sendable () -> ServerReadiness

    /// Knows services by their full names and by the last part of these.
    init(
        services: [String], service: any InferenceService, catalog: any ModelCatalog,
        readiness: @escaping @Sendable () -> ServerReadiness
    ) {
        listedServices = services.flatMap { [$0, Self.shortName(of: $0)] }
        serviceNames = Set(listedServices)
        self.service = service
        self.catalog = catalog
        self.readiness = readiness
    }

    /// `PredictionService` of `tensorflow.serving.PredictionService`.
    static func shortName(of service: String) -> String {
        service.split(separator: ".").last.map(String.init) ?? service
    }

    /// The status of a name; nil when nothing has it.
    func status(of name: String) -> ServingStatus? {
        if name.isEmpty || serviceNames.contains(name) {
            return readiness().isReady ? .serving : .notServing
        }
        guard let model = try? ModelName(name), catalog.modelStatus(of: model) != nil else {
            return nil
        }
        return status(of: model)
    }

    /// Every service and model with its status, the server first.
    func all() -> [(name: String, status: ServingStatus)] {
        let server: ServingStatus = readiness().isReady ? .serving : .notServing
        let services = [""] + listedServices
        return services.map { ($0, server) }
            + catalog.modelStatuses().map { ($0.name.text, status(of: $0.name)) }
    }

    private func status(of model: ModelName) -> ServingStatus {
        let reference = ModelReference(name: model.text, choice: .latest)
        do throws(ServingError) {
            let objection = try ModelReadiness.objection(to: reference, service, catalog)
            return objection == nil ? .serving : .notServing
        } catch {
            return .notServing
        }
    }
}
