public import Inference
import ServingCore

/// Everything of the Open Inference Protocol besides prediction, metadata and health, for REST and
/// gRPC alike; a server makes one and gives it to both.
///
/// A class, because predictions carry it along: one reference is cheaper to keep than its parts.
public final class OpenInferenceExtensions: Sendable {
    /// Whose reading of the protocol is followed.
    public let compatibility: OpenInferenceCompatibility
    let service: any InferenceService
    let catalog: any ModelCatalog
    let sharedMemory: SystemSharedMemory
    let repository: ModelRepository
    let traceSettings = TraceSettings()
    let logSettings: LogSettings
    private let statisticsSource: (any ModelStatisticsSource)?

    /// Joins what the extensions work on; what is nil is refused to clients, by name.
    public init(
        service: any InferenceService, catalog: any ModelCatalog,
        statistics: (any ModelStatisticsSource)? = nil,
        administration: (any ModelAdministration)? = nil,
        logging: (any LogSettingsControl)? = nil,
        sharedMemory: SystemSharedMemory = SystemSharedMemory(),
        compatibility: OpenInferenceCompatibility = .kserve
    ) {
        self.service = service
        self.catalog = catalog
        self.sharedMemory = sharedMemory
        self.compatibility = compatibility
        repository = ModelRepository(administration, catalog: catalog)
        logSettings = LogSettings(control: logging)
        statisticsSource = statistics
    }

    /// The extensions that server metadata lists, by Triton's names.
    var names: [String] {
        var names = [
            "classification", "model_repository", "model_configuration", "system_shared_memory",
            "binary_tensor_data",
        ]
        if repository.allowsLoading { names.append("model_repository(unload_dependents)") }
        if !sharedMemory.isAllowed { names.removeAll { $0 == "system_shared_memory" } }
        if statisticsSource != nil { names.append("statistics") }
        if logSettings.control != nil { names.append("logging") }
        return names
    }

    /// The statistics of one model, of one of its versions or of all models (nil).
    ///
    /// - Throws: `model_not_found`; `unsupported` when nothing is counted.
    func statistics(of model: ModelReference?) throws(ServingError) -> [ModelStatisticsReport] {
        guard let statisticsSource else {
            throw ServingError(.unsupported, "this server keeps no statistics")
        }
        return try ModelStatisticsReport.reports(
            of: model, catalog: catalog, source: statisticsSource)
    }

    /// Why a model cannot answer now, or cannot be trusted to; nil when it is ready.
    ///
    /// Ready means that a request sent now would be answered, and that the latest one did not fail in
    /// the engine.
    ///
    /// - Throws: as `InferenceService.acquire`.
    func unreadiness(of model: ModelReference) throws(ServingError) -> String? {
        let selector = try model.checkedSelector()
        if model.choice == .latest, let status = catalog.modelStatus(of: selector.name),
            !status.isReady
        {
            return status.reason
        }
        return try service.acquire(selector).servable.health.lastError?.message
    }

    /// The versions that metadata lists: the one asked for, or all that answer, lowest first.
    func versions(of metadata: ModelMetadata, for model: ModelReference) -> [ModelVersion] {
        guard model.choice == .latest,
            let all = catalog.modelStatus(of: metadata.identity.name)?.versions
        else { return [metadata.identity.version] }
        return all.filter { $0.state == .available }.map(\.version).sorted()
    }

    /// The configuration of a loaded version.
    ///
    /// - Throws: as `InferenceService.acquire`.
    func configuration(of model: ModelReference) throws(ServingError) -> ModelConfiguration {
        let servable = try service.acquire(try model.checkedSelector()).servable
        return ModelConfiguration(servable.metadata, policy: servable.schedulingPolicy)
    }
}
