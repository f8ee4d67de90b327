public import ServingCore

/// The protocol over which a request came; a metric label.
public enum WireProtocol: String, Hashable, Sendable, CaseIterable {
    case tensorFlowServingREST = "tfs_rest"
    case tensorFlowServingGRPC = "tfs_grpc"
    case openInferenceREST = "v2_rest"
    case openInferenceGRPC = "v2_grpc"
    /// KServe's first protocol, on TensorFlow Serving's paths.
    case kserveREST = "kserve_v1"
    /// `/invocations` of SageMaker and MLflow.
    case invocations = "invocations"
}

/// Hears what happens to one model version; implementations are counters and must not block.
public protocol ModelObserver: AnyObject, Sendable {
    /// A request has been answered; `outcome` is nil for success.
    func requestFinished(_ wire: WireProtocol, outcome: ErrorCode?, nanoseconds: UInt64)
    /// One engine run is over: how long its first request waited, how long it ran, what it held.
    func runFinished(queueNanoseconds: UInt64, runNanoseconds: UInt64, requests: Int, rows: Int)
    /// A run has given results: how long its requests waited, added up, how long it ran, and what it
    /// held. After a joint run that failed, each request that then succeeds alone is told of here.
    func runSucceeded(queueNanoseconds: UInt64, runNanoseconds: UInt64, requests: Int, rows: Int)
    /// The number of requests waiting has changed.
    func queueChanged(depth: Int)
}

extension ModelObserver {
    /// Counts nothing.
    public func runSucceeded(
        queueNanoseconds: UInt64, runNanoseconds: UInt64, requests: Int, rows: Int
    ) {}
}

/// Hears what happens to the server as a whole.
public protocol ServerObserver: AnyObject, Sendable {
    /// Makes the observer of one version, before the version is available.
    func modelObserver(for identity: ModelIdentity) -> any ModelObserver
    /// A request was refused before a model version was found.
    func requestRefused(_ wire: WireProtocol, code: ErrorCode)
    /// A load has ended; `error` is nil for success.
    func loadFinished(_ identity: ModelIdentity, error: ServingError?, nanoseconds: UInt64)
    /// A version has been unloaded and its memory given back.
    func unloadFinished(_ identity: ModelIdentity)
}
