import Inference
import ServingCore

/// The life of one instance of a model version: start, loading, available, unloading, end.
///
/// A value without side effects. Each method is one event, and returns whether it applied; states
/// move only downwards, except that a failed attempt goes from loading back to start to wait.
struct VersionMachine: Sendable {
    /// The state, finer than the five that the world sees.
    enum Phase: Sendable {
        /// START: waits; may begin at once when `until` is nil or past.
        case waiting(until: MonotonicTime?)
        /// START: handed to a loader thread, which looks at the files and asks for memory.
        case preparing
        /// LOADING: the engine loads, then the warm-up runs.
        case loading
        /// AVAILABLE.
        case available
        /// UNLOADING: leases are still out.
        case draining
        /// UNLOADING: no lease is out; memory is being freed.
        case freeing
        /// END: unloaded or, with an error, given up.
        case ended(ServingError?)
    }

    let id: InstanceID
    let target: VersionTarget
    private(set) var phase = Phase.waiting(until: nil)
    /// When the phase began.
    private(set) var since: MonotonicTime
    /// When the current attempt began.
    private(set) var attemptBegan: MonotonicTime
    /// Attempts that have failed.
    private(set) var failures = 0
    /// The latest failure, until an attempt works.
    private(set) var lastError: ServingError?
    /// What it waits for, or what is odd about it; a sentence or nothing.
    private(set) var remark = ""
    /// The engine's estimate; 0 until a loader thread has asked for it.
    private(set) var memoryBytes = 0
    /// Whether it was retired while a loader thread had it: then it is unloaded when it comes back.
    private(set) var isAbandoned = false
    /// Whether what it waits for is memory.
    private(set) var isShortOfMemory = false
    /// Whether a slow drain has been reported.
    private(set) var hasReportedSlowDrain = false

    init(id: InstanceID, target: VersionTarget, now: MonotonicTime) {
        self.id = id
        self.target = target
        since = now
        attemptBegan = now
    }

    var version: ModelVersion { target.version }

    /// The state that the world sees.
    var state: VersionState {
        switch phase {
        case .waiting, .preparing: .start
        case .loading: .loading
        case .available: .available
        case .draining, .freeing: .unloading
        case .ended: .end
        }
    }

    // MARK: Events

    /// Its turn has come, if it waits and its pause is over.
    mutating func beginPreparing(_ now: MonotonicTime) -> Bool {
        guard case .waiting(let until) = phase, until.map({ $0 <= now }) ?? true else {
            return false
        }
        enter(.preparing, now)
        attemptBegan = now
        return true
    }

    /// A loader thread has reserved memory and loads now.
    mutating func loadBegan(memoryBytes: Int, _ now: MonotonicTime) -> Bool {
        guard case .preparing = phase else { return false }
        enter(.loading, now)
        self.memoryBytes = memoryBytes
        isShortOfMemory = false
        remark = ""
        return true
    }

    /// There is not enough memory now; it is looked at again after `pause`, or when something unloads.
    mutating func memoryMissing(_ reason: String, pause: Duration, _ now: MonotonicTime) -> Bool {
        guard case .preparing = phase else { return false }
        guard !isAbandoned else {
            enter(.ended(nil), now)
            return true
        }
        enter(.waiting(until: now.advanced(by: pause)), now)
        remark = reason
        isShortOfMemory = true
        return true
    }

    /// Memory may have become free: an instance that waits for it need not wait any longer.
    mutating func memoryMayBeFree(_ now: MonotonicTime) {
        if case .waiting = phase, isShortOfMemory {
            phase = .waiting(until: now)
        }
    }

    /// It is wanted anew: failures so far do not count, and a pause between attempts is over.
    mutating func startAfresh(_ now: MonotonicTime) {
        failures = 0
        guard case .waiting = phase, lastError != nil else { return }
        lastError = nil
        remark = ""
        phase = .waiting(until: now)
    }

    /// It is loaded and warmed up. An abandoned one goes straight on to unloading.
    mutating func loaded(remark: String, _ now: MonotonicTime) -> Bool {
        guard case .loading = phase else { return false }
        lastError = nil
        failures = 0
        // Why it goes again says more than what is odd about it.
        if !isAbandoned { self.remark = remark }
        enter(isAbandoned ? .draining : .available, now)
        return true
    }

    /// An attempt has failed: waits and tries again, or gives up.
    mutating func loadFailed(_ error: ServingError, retry: RetryPolicy, _ now: MonotonicTime)
        -> Bool
    {
        switch phase {
        case .preparing, .loading: break
        default: return false
        }
        failures += 1
        isShortOfMemory = false
        lastError = error
        if isAbandoned {
            enter(.ended(nil), now)
        } else if failures > retry.attempts || error.code == .configurationInvalid {
            enter(.ended(error), now)
            remark = ""
        } else {
            enter(.waiting(until: now.advanced(by: retry.pause(afterFailures: failures))), now)
            remark =
                "attempt \(failures) of \(retry.attempts + 1) failed and is repeated: "
                + error.message
        }
        return true
    }

    /// It is not wanted any more.
    ///
    /// - Returns: nil when there is nothing to do, or when a loader thread has it and was not told
    ///   before.
    mutating func retire(_ reason: String, _ now: MonotonicTime) -> Retirement? {
        switch phase {
        case .waiting:
            enter(.ended(nil), now)
            remark = reason
            return .ended
        case .preparing, .loading:
            guard !isAbandoned else { return nil }
            isAbandoned = true
            remark = reason
            return .abandoned
        case .available:
            enter(.draining, now)
            remark = reason
            return .draining
        case .draining, .freeing, .ended:
            return nil
        }
    }

    /// What retiring has set off.
    enum Retirement: Sendable {
        case ended, abandoned, draining
    }

    /// The last lease is back.
    mutating func drained(_ now: MonotonicTime) -> Bool {
        guard case .draining = phase else { return false }
        enter(.freeing, now)
        return true
    }

    /// Its memory is free.
    mutating func unloaded(_ now: MonotonicTime) -> Bool {
        guard case .freeing = phase else { return false }
        enter(.ended(nil), now)
        return true
    }

    /// Whether draining has lasted so long that it should be said; true only once.
    mutating func reportSlowDrain(after limit: Duration, _ now: MonotonicTime) -> Bool {
        guard case .draining = phase, !hasReportedSlowDrain, now >= since.advanced(by: limit)
        else { return false }
        hasReportedSlowDrain = true
        return true
    }

    private mutating func enter(_ phase: Phase, _ now: MonotonicTime) {
        self.phase = phase
        since = now
    }
}

extension RetryPolicy {
    /// The pause after the given number of failures: doubles each time, up to the maximum.
    func pause(afterFailures failures: Int) -> Duration {
        var pause = pause
        for _ in 1..<max(1, failures) {
            guard pause < pauseMaximum else { break }
            pause += pause
        }
        return min(pause, pauseMaximum)
    }
}
