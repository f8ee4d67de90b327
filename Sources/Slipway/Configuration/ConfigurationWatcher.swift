public import Logging
import ServingCore
import Synchronization

/// Takes a changed configuration file over into a running server.
///
/// It has no thread of its own: `tick` is called every second, and `reload` on SIGHUP. A file with
/// an error changes nothing and is reported once.
public final class ConfigurationWatcher: Sendable {
    private let look: @Sendable () -> FileFingerprint?
    private let read: @Sendable () throws(ServingError) -> ConfigurationReading
    private let logger: Logger
    private let apply: @Sendable (Configuration, ConfigurationDifference) -> Void
    private let watch = Mutex(ConfigurationWatch())
    private let configuration: Mutex<Configuration>
    /// Held during a whole reload, so that a signal and a tick at once do not apply out of order.
    private let turn = Mutex(())

    /// Watches a file; nothing happens until `tick` or `reload` is called.
    ///
    /// - Parameters:
    ///   - path: The file that the current configuration was read from.
    ///   - current: What the server runs with.
    ///   - engines: The names that `engine` may have.
    ///   - overrides: The flags that won over the file at start; they win again.
    ///   - logger: Where differences and problems are written.
    ///   - apply: Takes what a running server can take over, and the difference; called by the
    ///     thread that called `tick` or `reload`, one call at a time, and only if something
    ///     differs.
    public convenience init(
        path: String, current: Configuration, engines: [String] = [],
        overrides: ConfigurationOverrides = ConfigurationOverrides(), logger: Logger,
        apply: @escaping @Sendable (Configuration, ConfigurationDifference) -> Void
    ) {
        self.init(
            current: current, logger: logger, look: { FileFingerprint(path: path) },
            read: { () throws(ServingError) in
                try Configuration.reading(path: path, engines: engines, overrides: overrides)
            }, apply: apply)
    }

    init(
        current: Configuration, logger: Logger, look: @escaping @Sendable () -> FileFingerprint?,
        read: @escaping @Sendable () throws(ServingError) -> ConfigurationReading,
        apply: @escaping @Sendable (Configuration, ConfigurationDifference) -> Void
    ) {
        self.look = look
        self.read = read
        self.logger = logger
        self.apply = apply
        configuration = Mutex(current)
    }

    /// What the server runs with now.
    public var current: Configuration { configuration.withLock { $0 } }

    /// Looks at the file and reads it again if it has changed.
    public func tick() {
        let seen = look()
        switch watch.withLock({ $0.looked(seen) }) {
        case .nothing: break
        case .read: read(isAskedFor: false)
        case .reportMissing:
            logger.warning("the configuration file is gone; the last configuration stays in use")
        }
    }

    /// Reads the file again now, whether it has changed or not.
    ///
    /// Returns false when it cannot be read or has errors; these are in the log then.
    @discardableResult
    public func reload() -> Bool {
        read(isAskedFor: true)
    }

    @discardableResult
    private func read(isAskedFor: Bool) -> Bool {
        turn.withLock { _ in
            do throws(ServingError) {
                let reading = try self.read()
                let isUsable = reading.configuration != nil
                for problem in reading.problems {
                    logger.log(
                        level: problem.severity == .error ? .error : .warning,
                        "\(problem.line(file: reading.file))")
                }
                if let new = reading.configuration { take(new, isAskedFor) }
                if !isUsable {
                    logger.error("the new configuration has errors; the last one stays in use")
                }
                return isUsable
            } catch {
                logger.error("\(error.message); the last configuration stays in use")
                return false
            }
        }
    }

    private func take(_ new: Configuration, _ isAskedFor: Bool) {
        let old = current
        let difference = ConfigurationDifference(from: old, to: new)
        guard !difference.isEmpty else {
            // Worth a line only to somebody who waits for one.
            return logger.log(
                level: isAskedFor ? .info : .debug,
                "the configuration was read again; nothing differs")
        }
        for line in difference.lines { logger.notice("\(line)") }
        let applied = old.reloading(new)
        configuration.withLock { $0 = applied }
        apply(applied, difference)
    }
}
