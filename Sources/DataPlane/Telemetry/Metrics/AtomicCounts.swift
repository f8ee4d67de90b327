import Synchronization

/// A fixed row of counters that any thread may add to: one relaxed atomic addition, no lock.
///
/// `@unchecked Sendable`: the pointer and the count never change after `init`, and the elements are
/// atomics, which are never moved and are freed only with their owner.
struct AtomicCounts: ~Copyable, @unchecked Sendable {
    private let elements: UnsafeMutablePointer<Atomic<UInt64>>
    let count: Int

    /// Makes so many counters, all 0.
    init(count: Int) {
        self.count = count
        elements = .allocate(capacity: count)
        for index in 0..<count { (elements + index).initialize(to: Atomic(0)) }
    }

    deinit {
        elements.deinitialize(count: count)
        elements.deallocate()
    }

    /// Adds to one counter; an index out of range adds nothing.
    func add(_ amount: UInt64 = 1, at index: Int) {
        guard index >= 0, index < count else { return }
        elements[index].wrappingAdd(amount, ordering: .relaxed)
    }

    /// Reads one counter.
    subscript(index: Int) -> UInt64 {
        precondition(index >= 0 && index < count, "a counter beyond the row")
        return elements[index].load(ordering: .relaxed)
    }
}
