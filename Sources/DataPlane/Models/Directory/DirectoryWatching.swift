/// Tells when something in a model's directories has changed, so that nobody has to look all the time.
protocol DirectoryWatching: Sendable {
    /// Watches a base directory and those below it that matter, instead of what was watched for it.
    ///
    /// - Returns: Whether a change in any of them will be heard of; false means: look often.
    func watch(baseDirectory: String, directories: [String]) -> Bool

    /// Watches nothing for this base directory any more.
    func forget(baseDirectory: String)

    /// Ends; no change is reported after that.
    func close()
}

/// Hears nothing: directories are looked at every so often.
struct PollingOnly: DirectoryWatching {
    func watch(baseDirectory: String, directories: [String]) -> Bool { false }
    func forget(baseDirectory: String) {}
    func close() {}
}
