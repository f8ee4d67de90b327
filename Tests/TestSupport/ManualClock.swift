public import ServingCore
import Synchronization

/// A clock that stands still until a test moves it.
public final class ManualClock: ServingClock {
    private let time = Mutex(MonotonicTime(nanoseconds: 1_000_000_000))

    /// Starts at one second.
    public init() {}

    public func now() -> MonotonicTime { time.withLock { $0 } }

    /// Moves the clock forward.
    public func advance(by duration: Duration) {
        time.withLock { $0 = $0.advanced(by: duration) }
    }
}
