/// Where a model version runs, and what its worker processes may use.
public struct WorkerSettings: Hashable, Sendable {
    /// Whether the engine shares the server's process.
    public enum Isolation: String, Hashable, Sendable, CaseIterable {
        /// In worker processes: a crash takes down nothing else, and unloading gives all memory back.
        case process
        /// In the server's process: no hop, and no protection from the engine's faults.
        case inProcess = "in_process"
    }

    /// Where it runs; nil for what the engine is made for.
    public var isolation: Isolation?
    /// Worker processes a version, at least 1.
    public var count = 1
    /// Bytes of memory that one worker may take; nil for no limit.
    public var memoryBytes: Int?
    /// Processors that one worker may use; nil for the server's budget.
    public var processors: Int?
    /// How long a run, or the process itself, may give no sign of life before it is killed.
    public var watchdog = Duration.seconds(60)
    /// Environment variables that the worker gets besides the few that it needs.
    public var environment: [String: String] = [:]

    /// One worker without limits of its own.
    public static let standard = WorkerSettings()

    /// Starts from the standard.
    public init() {}
}
