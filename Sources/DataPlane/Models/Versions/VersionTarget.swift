import EngineInterface
public import Inference
public import ServingCore

/// What one version should be: which files, loaded how.
struct VersionTarget: Hashable, Sendable {
    let version: ModelVersion
    /// The version directory's path.
    let directory: String
    /// The settled files; nil while they are changing or cannot be read: then whatever is loaded
    /// or loading stays as it is, and nothing new begins.
    let fingerprint: VersionFingerprint?
    let specification: LoadSpecification
}

/// The part of a wanted model that makes a version load again when it changes.
struct LoadSpecification: Hashable, Sendable {
    let engine: String?
    let options: EngineOptions
    let scheduling: SchedulingPolicy
    let warmUp: WarmUpPolicy
    let content: ContentExpectation
    let worker: WorkerSettings

    init(_ model: AspiredModel) {
        engine = model.engine
        options = model.options
        scheduling = model.scheduling
        warmUp = model.warmUp
        content = model.content
        worker = model.worker
    }
}

/// Tells instances of one model apart: a version that is loaded again is a new instance.
struct InstanceID: Hashable, Comparable, Sendable {
    let number: UInt64

    static func < (left: InstanceID, right: InstanceID) -> Bool { left.number < right.number }
}

/// A change of state of a model version.
public struct VersionTransition: Sendable {
    /// Which version.
    public let identity: ModelIdentity
    /// The state it has now; `available` is announced after the fact, `unloading` before.
    public let state: VersionState
    /// Why, for people; may be empty.
    public let reason: String
    /// The failure behind it, if there is one.
    public let error: ServingError?
    /// Nanoseconds spent in the state before, and in retries of it.
    public let nanoseconds: UInt64
    /// The memory that the engine estimated; 0 when not known yet.
    public let memoryBytes: Int

    init(
        _ identity: ModelIdentity, _ state: VersionState, reason: String = "",
        error: ServingError? = nil, nanoseconds: UInt64 = 0, memoryBytes: Int = 0
    ) {
        self.identity = identity
        self.state = state
        self.reason = reason
        self.error = error
        self.nanoseconds = nanoseconds
        self.memoryBytes = memoryBytes
    }
}
