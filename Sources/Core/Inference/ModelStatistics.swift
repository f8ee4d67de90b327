public import ServingCore

/// What the requests and runs of one model version have added up to since it was loaded; the
/// figures of the Open Inference Protocol's statistics extension.
public struct ModelStatistics: Hashable, Sendable {
    /// How often something happened, and how long all of it took.
    public struct Duration: Hashable, Sendable {
        /// How often.
        public var count: UInt64
        /// Nanoseconds, added up.
        public var nanoseconds: UInt64

        /// Counts; nothing by default.
        public init(count: UInt64 = 0, nanoseconds: UInt64 = 0) {
            self.count = count
            self.nanoseconds = nanoseconds
        }
    }

    /// The runs of one batch size.
    public struct Batch: Hashable, Sendable {
        /// Rows in a run.
        public var size: UInt64
        /// The runs of that size.
        public var runs: Duration

        /// Counts.
        public init(size: UInt64, runs: Duration) {
            self.size = size
            self.runs = runs
        }
    }

    /// Rows that runs gave results for.
    public var inferences: UInt64 = 0
    /// Runs of the engine that gave results.
    public var executions: UInt64 = 0
    /// When the last request was answered, in milliseconds since 1970; 0 for never.
    public var lastInferenceMilliseconds: UInt64 = 0
    /// Requests that were answered with a result, whole time.
    public var success = Duration()
    /// Requests that were answered with an error, whole time.
    public var failure = Duration()
    /// Waiting for a run.
    public var queue = Duration()
    /// The engine's runs, each counted once for every request in it.
    public var run = Duration()
    /// Runs by their size, smallest first; at most 64 entries, the last of which holds all larger ones.
    public var batches: [Batch] = []

    /// Starts with nothing counted.
    public init() {}
}

/// Reads the statistics of loaded model versions.
public protocol ModelStatisticsSource: AnyObject, Sendable {
    /// The figures of one version; nil when nothing is known of it.
    func statistics(of identity: ModelIdentity) -> ModelStatistics?
}
