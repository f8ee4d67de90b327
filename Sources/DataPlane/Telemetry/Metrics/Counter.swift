import Synchronization

/// A number that only grows; any thread may add to it.
public final class Counter: Sendable {
    private let total = Atomic<UInt64>(0)

    /// Starts at 0.
    public init() {}

    /// The sum of all additions.
    public var value: UInt64 { total.load(ordering: .relaxed) }

    /// Adds; wraps around after 2^64, as Prometheus expects of a restarted counter.
    public func add(_ amount: UInt64 = 1) {
        total.wrappingAdd(amount, ordering: .relaxed)
    }
}

/// A whole number that goes up and down; any thread may change it.
public final class Gauge: Sendable {
    private let current = Atomic<Int>(0)

    /// Starts at 0.
    public init() {}

    /// The present value.
    public var value: Int { current.load(ordering: .relaxed) }

    /// Replaces the value.
    public func set(_ value: Int) { current.store(value, ordering: .relaxed) }

    /// Adds; a negative amount subtracts.
    public func add(_ amount: Int) { current.wrappingAdd(amount, ordering: .relaxed) }
}
