import ServingCore

/// One thread that carries out changes of the set of models in order, and looks around every second.
///
/// Files are read and written on it, never on a thread that serves requests.
final class AdministrationThread: Sendable {
    private struct State {
        var jobs: [@Sendable () -> Void] = []
        var isRunning = false
        var isClosed = false
    }

    private let state = Condition(State())
    private let jobsMaximum: Int

    init(jobsMaximum: Int) {
        self.jobsMaximum = jobsMaximum
    }

    /// Starts the thread.
    ///
    /// - Parameters:
    ///   - period: Between two looks.
    ///   - look: Called after every period.
    /// - Throws: `resource_exhausted` when the system starts no more threads.
    func start(period: Duration, look: @escaping @Sendable () -> Void) throws(ServingError) {
        state.withLock { $0.isRunning = true }
        do throws(ServingError) {
            try NamedThread.start("model-admin") { [state] in
                var next = MonotonicTime.now().advanced(by: period)
                while true {
                    switch Self.next(state, until: next) {
                    case .end: return state.withLock { $0.isRunning = false }
                    case .job(let job): job()
                    case .look:
                        look()
                        next = MonotonicTime.now().advanced(by: period)
                    }
                }
            }
        } catch {
            state.withLock { $0.isRunning = false }
            throw error
        }
    }

    /// Queues a job; false when there are too many already, or after the end.
    ///
    /// - Parameter isFollowUp: A job that ends an earlier one; it is never refused for its number.
    func run(isFollowUp: Bool = false, _ job: @escaping @Sendable () -> Void) -> Bool {
        defer { state.broadcast() }
        return state.withLock { state in
            guard state.isRunning, !state.isClosed else { return false }
            guard isFollowUp || state.jobs.count < jobsMaximum else { return false }
            state.jobs.append(job)
            return true
        }
    }

    /// Takes no more jobs; those that are queued are still carried out.
    func close() {
        state.withLock { $0.isClosed = true }
        state.broadcast()
    }

    private enum Next {
        case job(@Sendable () -> Void)
        case look, end
    }

    private static func next(_ state: Condition<State>, until time: MonotonicTime) -> Next {
        state.wait(until: time) { state -> Next? in
            if !state.jobs.isEmpty { return .job(state.jobs.removeFirst()) }
            return state.isClosed ? .end : nil
        } ?? .look
    }
}
