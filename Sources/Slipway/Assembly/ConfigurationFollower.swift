import ServingCore

/// Looks at the configuration file every second, on a thread of its own.
final class ConfigurationFollower: Sendable {
    /// Between two looks.
    static let period = Duration.seconds(1)

    private let watcher: ConfigurationWatcher
    private let isStopped = Condition(false)

    /// Starts the thread.
    ///
    /// - Throws: `resource_exhausted` when the system starts no more threads.
    init(_ watcher: ConfigurationWatcher) throws(ServingError) {
        self.watcher = watcher
        try NamedThread.start("slipway-config") { [watcher, isStopped] in
            while true {
                let next = MonotonicTime.now().advanced(by: Self.period)
                if isStopped.wait(until: next, { $0 ? true : nil }) != nil { return }
                watcher.tick()
            }
        }
    }

    /// Reads the file now.
    func reload() {
        watcher.reload()
    }

    /// Ends the thread.
    func stop() {
        isStopped.withLock { $0 = true }
        isStopped.broadcast()
    }
}
