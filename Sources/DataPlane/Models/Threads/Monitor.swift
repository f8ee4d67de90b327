import Glibc
import ServingCore

/// A value behind a lock that threads can also wait on, with deadlines on the monotonic clock.
///
/// `@unchecked Sendable`: the value is touched only while the mutex is held; the mutex and the
/// condition live at fixed addresses until the last reference is gone.
final class Monitor<Value>: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var value: Value

    init(_ value: sending Value) {
        self.value = value
        mutex.initialize(to: pthread_mutex_t())
        pthread_mutex_init(mutex, nil)
        condition.initialize(to: pthread_cond_t())
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        // Wall-clock steps must neither wake nor delay anybody.
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(condition, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    /// Changes the value and wakes every waiting thread.
    func change<Result>(_ body: (inout Value) -> sending Result) -> sending Result {
        pthread_mutex_lock(mutex)
        defer {
            pthread_cond_broadcast(condition)
            pthread_mutex_unlock(mutex)
        }
        return body(&value)
    }

    /// Waits until `body` returns something, called first at once and then after every change.
    ///
    /// - Parameter timeoutNanoseconds: How long to wait at most; nil for as long as it takes.
    /// - Returns: nil when the time is up.
    func wait<Result>(
        timeoutNanoseconds: UInt64? = nil, _ body: (inout Value) -> sending Result?
    ) -> sending Result? {
        let deadline = timeoutNanoseconds.map {
            // A week is long enough for a wait that is repeated, and short enough for `time_t`.
            MonotonicTime.now().advanced(byNanoseconds: min($0, 604_800_000_000_000))
        }
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while true {
            if let result = body(&value) { return result }
            guard let deadline else {
                pthread_cond_wait(condition, mutex)
                continue
            }
            var time = timespec(
                tv_sec: Int(deadline.nanoseconds / 1_000_000_000),
                tv_nsec: Int(deadline.nanoseconds % 1_000_000_000))
            if pthread_cond_timedwait(condition, mutex, &time) == ETIMEDOUT { return body(&value) }
        }
    }
}
