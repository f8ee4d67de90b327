public import Logging
import Synchronization

/// The level of all loggers at once, which a reload of the configuration may change.
public final class LogLevelSwitch: Sendable {
    /// The process's own.
    public static let shared = LogLevelSwitch(.info)

    private let index: Atomic<Int>

    /// Starts at a level.
    public init(_ level: Logger.Level) {
        index = Atomic(Self.index(of: level))
    }

    /// The least severe level that is written.
    public var level: Logger.Level {
        get { Logger.Level.allCases[index.load(ordering: .relaxed)] }
        set { index.store(Self.index(of: newValue), ordering: .relaxed) }
    }

    private static func index(of level: Logger.Level) -> Int {
        Logger.Level.allCases.firstIndex(of: level) ?? 0
    }
}
