import ServingCore

/// Threads that run models: started when needed, reused, and gone after a while without work.
///
/// Each scheduler bounds its own runs, so a slow model holds only its own threads and never delays
/// another model.
public final class RunnerPool: Sendable {
    private struct State {
        var jobs: [@Sendable () -> Void] = []
        var head = 0
        var idle = 0
        var threads = 0
    }

    private let state = Condition(State())
    private let threadsMaximum: Int
    private let idleTime: Duration

    /// Makes a pool without threads.
    ///
    /// - Parameters:
    ///   - threadsMaximum: Runs beyond this many at a time wait for a thread.
    ///   - idleTime: How long a thread without work stays.
    public init(threadsMaximum: Int = 512, idleTime: Duration = .seconds(30)) {
        self.threadsMaximum = threadsMaximum
        self.idleTime = idleTime
    }

    /// Runs a job on an idle thread, or on a new one.
    func run(_ job: @escaping @Sendable () -> Void) {
        let needsThread = state.withLock { state -> Bool in
            state.jobs.append(job)
            let waiting = state.jobs.count - state.head
            guard waiting > state.idle, state.threads < threadsMaximum else { return false }
            state.threads += 1
            return true
        }
        guard needsThread else { return state.signal() }
        do {
            try NamedThread.start("slipway-run") { [self] in work() }
        } catch {
            // No thread to be had: an existing one takes the job, or else this one does.
            let job = state.withLock { state -> (@Sendable () -> Void)? in
                state.threads -= 1
                return state.threads == 0 ? Self.next(&state) : nil
            }
            job?()
        }
    }

    private func work() {
        while let job = nextJob() { job() }
    }

    private func nextJob() -> (@Sendable () -> Void)? {
        let job = state.withLock { state -> (@Sendable () -> Void)? in
            let job = Self.next(&state)
            if job == nil { state.idle += 1 }
            return job
        }
        if let job { return job }
        let deadline = MonotonicTime.now().advanced(by: idleTime)
        let found = state.wait(until: deadline) { state -> (@Sendable () -> Void)? in
            guard let job = Self.next(&state) else { return nil }
            state.idle -= 1
            return job
        }
        if let found { return found }
        return state.withLock { state in
            // A job may have come between the end of the wait and here.
            state.idle -= 1
            if let job = Self.next(&state) { return job }
            state.threads -= 1
            return nil
        }
    }

    private static func next(_ state: inout State) -> (@Sendable () -> Void)? {
        guard state.head < state.jobs.count else { return nil }
        let job = state.jobs[state.head]
        state.head += 1
        if state.head == state.jobs.count {
            state.jobs.removeAll(keepingCapacity: true)
            state.head = 0
        } else if state.head > 64, state.head * 2 > state.jobs.count {
            state.jobs.removeFirst(state.head)
            state.head = 0
        }
        return job
    }
}
