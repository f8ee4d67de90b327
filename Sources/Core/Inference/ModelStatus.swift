public import ServingCore

/// The life of a model version; states only move down this list (TensorFlow Serving's names).
public enum VersionState: String, Hashable, Sendable, CaseIterable {
    /// Wanted, not yet loading: waiting for its turn, for memory or for a retry. Next: loading, end.
    case start = "START"
    /// Loading, or warming up. Next: available, start (a retry), end.
    case loading = "LOADING"
    /// Answers requests. Next: unloading.
    case available = "AVAILABLE"
    /// Takes no new requests, finishes those it has, then frees its memory. Next: end.
    case unloading = "UNLOADING"
    /// Gone, or given up; the error says why.
    case end = "END"
}

/// What a model version is doing now, and why.
public struct VersionStatus: Sendable {
    /// Which version.
    public let version: ModelVersion
    /// Its state.
    public let state: VersionState
    /// A sentence for people: what it waits for, or what failed; empty when all is well.
    public let reason: String
    /// The failure behind the state, if there is one.
    public let error: ServingError?
    /// Labels that point at it.
    public let labels: [VersionLabel]

    /// Reports.
    public init(
        version: ModelVersion, state: VersionState, reason: String = "", error: ServingError? = nil,
        labels: [VersionLabel] = []
    ) {
        self.version = version
        self.state = state
        self.reason = reason
        self.error = error
        self.labels = labels
    }
}

/// What a model as a whole is doing.
public struct ModelStatus: Sendable {
    /// The model's name.
    public let name: ModelName
    /// Its versions, highest first; ended ones are remembered for a while.
    public let versions: [VersionStatus]
    /// Whether a request that names no version would be answered now.
    public let isReady: Bool
    /// Why it is not ready, or what the base directory's trouble is; empty when all is well.
    public let reason: String
    /// What is wrong with its base directory, also while versions answer; empty when nothing is.
    public let remark: String
    /// Each reason why the server is not ready because of this model, as `/readyz` gives them; a
    /// model that answers may have some, such as a label without its version.
    public let unreadiness: [String]

    /// Whether nothing about this model keeps the server from being ready.
    public var isFullyReady: Bool { isReady && unreadiness.isEmpty }

    /// The versions that have given up.
    public var failedVersions: Int { versions.count { $0.state == .end && $0.error != nil } }

    /// Reports.
    public init(
        name: ModelName, versions: [VersionStatus], isReady: Bool, reason: String = "",
        remark: String = "", unreadiness: [String] = []
    ) {
        self.name = name
        self.versions = versions
        self.isReady = isReady
        self.reason = reason
        self.remark = remark
        self.unreadiness = unreadiness
    }
}

/// Reads the state of all models; for status routes, health, `slipway models`.
public protocol ModelCatalog: AnyObject, Sendable {
    /// Every configured model, by name.
    func modelStatuses() -> [ModelStatus]
    /// One model; nil when it is not configured.
    func modelStatus(of name: ModelName) -> ModelStatus?
}

/// Whether the server as a whole can answer, for `/readyz` and the protocols' own ready routes.
public struct ServerReadiness: Sendable {
    /// True when every configured model is ready and the server is not draining.
    public let isReady: Bool
    /// Each reason why not, one sentence each; empty when ready.
    public let reasons: [String]

    /// Reports.
    public init(isReady: Bool, reasons: [String]) {
        self.isReady = isReady
        self.reasons = reasons
    }
}
