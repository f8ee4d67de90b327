import Inference
import ServingCore

/// What the manager's own thread is told; other threads only ever push these.
enum ManagerEvent: Sendable {
    /// Another wanted state; `done` is called once it counts. Of the models that are in both states
    /// unchanged, only the renewed ones are looked at anew; nil for all.
    case apply(AspiredState, renewing: Set<ModelName>?, done: @Sendable () -> Void)
    /// Somebody waits for models.
    case wait(SettlementWaits.Wait)
    /// The directory of some model has changed.
    case filesChanged(baseDirectory: String)
    /// A scan has ended; without a watch on all that it read, the next one comes soon.
    case scanned(
        ModelName, baseDirectory: String, Result<BaseListing, ServingError>, isWatched: Bool)
    /// Not enough memory for a load; the sentence says how much is missing.
    case memoryMissing(InstanceKey, String)
    case loadBegan(InstanceKey, memoryBytes: Int)
    case loadFinished(InstanceKey, Result<LoadedVersion, ServingError>)
    /// The last lease is back.
    case drained(InstanceKey)
    /// The memory is free.
    case unloaded(InstanceKey)
    /// A probe has been answered.
    case probed(InstanceKey)
    /// Everything is to be unloaded, for good.
    case stop
}
