import ServingCore

/// The life of one worker, from start to unload: a value that is told what happens and says what to do.
struct SupervisionMachine: Sendable {
    /// Pauses between the end of a worker and the start of the next.
    struct Policy: Sendable {
        /// The first pause; it doubles with each failure in a row.
        var pause = Duration.milliseconds(100)
        /// The longest pause.
        var pauseMaximum = Duration.seconds(30)
        /// A worker that has been ready for so long has proved itself: counting begins anew.
        var proof = Duration.seconds(60)
        /// So many failures in a row are a crash loop.
        var loopFailures = 5
    }

    /// Where the worker is in its life.
    enum State: Hashable, Sendable {
        case idle
        case starting(since: MonotonicTime)
        case ready(since: MonotonicTime)
        /// There is no process until then.
        case waiting(until: MonotonicTime)
        /// It has been asked to end and not yet ended.
        case stopping
        case stopped
    }

    /// What follows from the end of a process.
    enum Ending: Hashable, Sendable {
        /// The next one starts after the pause.
        case restart(after: Duration)
        /// It was to end.
        case finished
    }

    let policy: Policy
    private(set) var state = State.idle
    /// Ends in a row without proof in between.
    private(set) var failures = 0
    /// Whether it ever was ready; before that a failure is its caller's business.
    private(set) var wasReady = false

    init(policy: Policy = Policy()) {
        self.policy = policy
    }

    /// Whether it ends as often as it starts.
    var isLooping: Bool { failures >= policy.loopFailures }

    /// When something is due without an event; nil for never.
    var deadline: MonotonicTime? {
        if case .waiting(let until) = state { return until }
        return nil
    }

    /// The process is being started.
    mutating func started(at now: MonotonicTime) {
        state = .starting(since: now)
    }

    /// The model has been loaded; gives how long that took, or nil when it is not wanted any more.
    mutating func loaded(at now: MonotonicTime) -> UInt64? {
        guard case .starting(let since) = state else { return nil }
        state = .ready(since: now)
        wasReady = true
        return now.nanoseconds(since: since)
    }

    /// The process has ended, or could not be started.
    mutating func ended(at now: MonotonicTime) -> Ending {
        switch state {
        case .stopping, .stopped:
            state = .stopped
            return .finished
        case .ready(let since) where now >= since.advanced(by: policy.proof):
            failures = 1
        default:
            failures += 1
        }
        guard wasReady else {
            state = .stopped
            return .finished
        }
        let pause = pause
        state = .waiting(until: now.advanced(by: pause))
        return .restart(after: pause)
    }

    /// The pause after as many failures as there are.
    private var pause: Duration {
        let doublings = min(max(0, failures - 1), 20)
        return min(policy.pause * (1 << doublings), policy.pauseMaximum)
    }

    /// Whether the next process is to be started now.
    func isDue(at now: MonotonicTime) -> Bool {
        deadline.map { now >= $0 } ?? false
    }

    /// It is not wanted any more; true when there is a process to end first.
    mutating func stop() -> Bool {
        switch state {
        case .starting, .ready, .stopping:
            state = .stopping
            return true
        case .idle, .waiting, .stopped:
            state = .stopped
            return false
        }
    }
}
