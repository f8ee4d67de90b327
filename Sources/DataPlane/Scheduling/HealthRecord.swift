import Inference
import ServingCore
import Synchronization

/// Remembers whether the latest predictions of a version worked.
final class HealthRecord: Sendable {
    private let lastSuccess = Atomic<UInt64>(0)
    private let failures = Atomic<Int>(0)
    private let lastError = Mutex<ServingError?>(nil)

    /// A prediction has worked.
    func succeeded(at time: MonotonicTime) {
        lastSuccess.store(max(time.nanoseconds, 1), ordering: .relaxed)
        // The usual case writes nothing further, so that the cache line stays shared.
        if failures.load(ordering: .relaxed) != 0 {
            failures.store(0, ordering: .relaxed)
            lastError.withLock { $0 = nil }
        }
    }

    /// A run has failed; only what is the engine's fault counts against the version.
    func failed(_ error: ServingError) {
        guard error.code == .engineFailed || error.code == .internalError else { return }
        lastError.withLock { $0 = error }
        failures.wrappingAdd(1, ordering: .relaxed)
    }

    /// What the runs say, and what is in the way of further ones.
    func health(condition: ServingError?) -> ServableHealth {
        let time = lastSuccess.load(ordering: .relaxed)
        return ServableHealth(
            lastSuccess: time == 0 ? nil : MonotonicTime(nanoseconds: time),
            consecutiveFailures: failures.load(ordering: .relaxed),
            lastError: lastError.withLock { $0 }, condition: condition)
    }
}
