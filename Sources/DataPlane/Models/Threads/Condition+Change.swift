import ServingCore

extension Condition {
    /// Changes the value and wakes every waiting thread.
    func change<Result>(_ body: (inout Value) -> Result) -> Result {
        // Woken after the lock is free; the waiting side looks at the value before it sleeps.
        defer { broadcast() }
        return withLock(body)
    }

    /// Waits until `body` returns something, called first at once and then after every change.
    ///
    /// - Parameter timeoutNanoseconds: How long to wait at most; nil for as long as it takes.
    /// - Returns: nil when the time is up.
    func wait<Result>(timeoutNanoseconds: UInt64?, _ body: (inout Value) -> Result?) -> Result? {
        guard let timeoutNanoseconds else { return wait(body) }
        let deadline = MonotonicTime.now().advanced(byNanoseconds: timeoutNanoseconds)
        return wait(until: deadline, body)
    }
}
