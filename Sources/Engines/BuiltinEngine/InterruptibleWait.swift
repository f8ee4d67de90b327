import Glibc
import ServingCore

/// Waits for a time or until another thread says stop.
///
/// `@unchecked Sendable`: the flag is read and written under the lock only; lock and condition are
/// made for use by several threads.
final class InterruptibleWait: @unchecked Sendable {
    private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var isStopped = false

    /// Prepares one wait.
    init() {
        pthread_mutex_init(lock, nil)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        // The time of day may be set; this clock only goes forward.
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(condition, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(lock)
        condition.deallocate()
        lock.deallocate()
    }

    /// Ends the wait, also one that has not begun.
    func stop() {
        pthread_mutex_lock(lock)
        isStopped = true
        pthread_cond_broadcast(condition)
        pthread_mutex_unlock(lock)
    }

    /// Waits so long, or for ever with nil; true when it was stopped.
    func wait(nanoseconds: UInt64?) -> Bool {
        let end = nanoseconds.map { Self.time(MonotonicTime.now().advanced(byNanoseconds: $0)) }
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        while !isStopped {
            guard var end else {
                pthread_cond_wait(condition, lock)
                continue
            }
            if pthread_cond_timedwait(condition, lock, &end) == ETIMEDOUT { break }
        }
        return isStopped
    }

    private static func time(_ moment: MonotonicTime) -> timespec {
        timespec(
            tv_sec: Int(clamping: moment.nanoseconds / 1_000_000_000),
            tv_nsec: Int(moment.nanoseconds % 1_000_000_000))
    }
}
