import Inference
import ServingCore

/// Whether a model is ready: a request sent now would be answered, and the latest one did not fail in
/// the engine. The rule of every protocol's probes.
enum ModelReadiness {
    /// What stands against sending requests to a model now; nil when it is ready.
    ///
    /// - Throws: as `InferenceService.acquire`.
    static func objection(
        to model: ModelReference, _ service: any InferenceService, _ catalog: any ModelCatalog
    ) throws(ServingError) -> String? {
        let selector = try model.checkedSelector()
        if model.choice == .latest, let status = catalog.modelStatus(of: selector.name),
            !status.isReady
        {
            return status.reason
        }
        let health = try service.acquire(selector).servable.health
        return (health.condition ?? health.lastError)?.message
    }
}
