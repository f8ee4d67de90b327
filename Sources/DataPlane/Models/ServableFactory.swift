public import EngineInterface
public import Inference
public import ServingCore

/// Puts a scheduler in front of a loaded model. The scheduling room implements it; assembly joins them.
public protocol ServableFactory: Sendable {
    /// Makes what answers for a version that has just been loaded.
    func makeServable(
        _ model: any LoadedModel, metadata: ModelMetadata, policy: SchedulingPolicy,
        observer: any ModelObserver
    ) -> any ManagedServable
}

/// A servable as its manager sees it.
public protocol ManagedServable: Servable {
    /// Frees the model's memory.
    ///
    /// Called once, on a thread that may block, after the last lease is back; waits for a run that
    /// its requests have given up on, then unloads.
    func unload()
}

/// Turns the recorded requests beside a model into requests to run before it is available.
public protocol WarmUpReader: Sendable {
    /// Reads `warmup_requests.jsonl` in a version directory; empty when there is none.
    ///
    /// - Throws: `model_invalid` naming the line that is wrong.
    func requests(in files: ModelFiles, metadata: ModelMetadata) throws(ServingError)
        -> [InferenceRequest]
}
