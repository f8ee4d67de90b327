import ServingCore

/// Looks at the configuration file every so often, on a thread of its own.
final class ConfigurationFollower: Sendable {
    /// Between two looks, unless another pause is asked for.
    static let period = Duration.seconds(1)

    private let watcher: ConfigurationWatcher
    private let isStopped = Condition(false)

    /// Starts the thread.
    ///
    /// - Parameters:
    ///   - pause: Between two looks at the file; nil to look only when `reload` is called.
    ///   - everySecond: What else is to be looked at every second.
    /// - Throws: `resource_exhausted` when the system starts no more threads.
    init(
        _ watcher: ConfigurationWatcher, pause: Duration? = period,
        everySecond: @escaping @Sendable () -> Void
    ) throws(ServingError) {
        self.watcher = watcher
        let seconds = pause.map { max(1, $0.components.seconds) }
        try NamedThread.start("slipway-config") { [watcher, isStopped] in
            var second: Int64 = 0
            while true {
                let next = MonotonicTime.now().advanced(by: Self.period)
                if isStopped.wait(until: next, { $0 ? true : nil }) != nil { return }
                everySecond()
                second += 1
                if let seconds, second.isMultiple(of: seconds) { watcher.tick() }
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
