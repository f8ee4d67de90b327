public import ServingCore

/// The environments of Python models in the cache, for those who look after the disk.
public enum EnvironmentKeeping {
    /// How long looking through the cache, and removing, may take.
    private static let timeout = Duration.seconds(600)

    /// The environments as a JSON list of objects: `key`, `path`, `complete`, `model`, `python`,
    /// `packages`, `bytes`, `idle_seconds`, `in_use`, `removed`.
    ///
    /// - Parameter pruneUnusedFor: Removes those that no process uses and that no load has asked for
    ///   so many seconds; nil removes none.
    /// - Throws: `library_missing` without a Python; `file_unreadable` without a cache.
    public static func list(pruneUnusedFor seconds: Int? = nil) throws(ServingError) -> String {
        var request = BuilderRequest(seconds == nil ? "list" : "prune")
        request.add("cache", try PythonCache.directory())
        request.add("unused_seconds", seconds.map { "\($0)" })
        let builder = EnvironmentBuilder(
            python: try PythonEnvironments.systemPython().path,
            packageDirectory: try WorkerPackage.directory(), timeout: timeout,
            progress: { _ in }, cancellation: EnvironmentCancellation())
        return try builder.answer(to: request)
    }
}
