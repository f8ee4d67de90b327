import ServingCore

/// Looks at the configuration file every so often, on a thread of its own.
final class ConfigurationFollower: Sendable {
    /// Between two looks, unless another pause is asked for.
    static let period = Duration.seconds(1)

    private let watcher: ConfigurationWatcher
    private let isStopped = Condition(false)

    /// Starts the thread.
    ///
    /// - Parameter pause: Between two looks at the file, at least `period`; nil to look only when
    ///   `reload` is called.
    /// - Throws: `resource_exhausted` when the system starts no more threads.
    init(_ watcher: ConfigurationWatcher, pause: Duration? = period) throws(ServingError) {
        self.watcher = watcher
        guard let pause = pause.map({ max($0, Self.period) }) else { return }
        try NamedThread.start("slipway-config") { [watcher, isStopped] in
            while true {
                let next = MonotonicTime.now().advanced(by: pause)
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
