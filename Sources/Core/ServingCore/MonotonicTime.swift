import Glibc

/// A moment on the machine's monotonic clock, in nanoseconds; the base of deadlines and durations.
public struct MonotonicTime: Hashable, Comparable, Sendable {
    /// Nanoseconds since an arbitrary start (the clock that `NIODeadline` uses as well).
    public let nanoseconds: UInt64

    /// Wraps a reading of the clock.
    public init(nanoseconds: UInt64) {
        self.nanoseconds = nanoseconds
    }

    /// Reads `CLOCK_MONOTONIC`.
    public static func now() -> MonotonicTime {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return MonotonicTime(
            nanoseconds: UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec))
    }

    public static func < (left: MonotonicTime, right: MonotonicTime) -> Bool {
        left.nanoseconds < right.nanoseconds
    }

    /// A later moment; saturates instead of overflowing.
    public func advanced(byNanoseconds delta: UInt64) -> MonotonicTime {
        let (sum, overflow) = nanoseconds.addingReportingOverflow(delta)
        return MonotonicTime(nanoseconds: overflow ? .max : sum)
    }

    /// A later moment; a negative duration counts as zero.
    public func advanced(by duration: Duration) -> MonotonicTime {
        advanced(byNanoseconds: duration.nanosecondsClamped)
    }

    /// Nanoseconds from an earlier moment to this one; 0 when that moment is later.
    public func nanoseconds(since earlier: MonotonicTime) -> UInt64 {
        nanoseconds > earlier.nanoseconds ? nanoseconds - earlier.nanoseconds : 0
    }
}

extension Duration {
    /// The duration in whole nanoseconds; negative ones give 0, too long ones `UInt64.max`.
    public var nanosecondsClamped: UInt64 {
        let (seconds, attoseconds) = components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        let (whole, overflow) = UInt64(seconds).multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, overflow2) = whole.addingReportingOverflow(UInt64(attoseconds / 1_000_000_000))
        return overflow || overflow2 ? .max : sum
    }
}

/// Where decisions that depend on time read it, so that tests can move it by hand.
public protocol ServingClock: Sendable {
    /// The present moment.
    func now() -> MonotonicTime
}

/// The machine's monotonic clock.
public struct SystemClock: ServingClock {
    /// Makes a clock; it has no state.
    public init() {}

    public func now() -> MonotonicTime { .now() }
}
