import ServingCore

/// A few threads that run blocking jobs in order; urgent jobs go first.
///
/// The queue is bounded by its users: at most one job a model version and one scan a model.
final class WorkerThreads: Sendable {
    private struct State {
        var urgent: [@Sendable () -> Void] = []
        var normal: [@Sendable () -> Void] = []
        var isClosed = false
        var running = 0
    }

    private enum Next: Sendable {
        case job(@Sendable () -> Void)
        case end
    }

    private let state = Condition(State())

    /// Starts `count` threads, named `name`.
    ///
    /// - Throws: `resource_exhausted` when the system refuses a thread; those started end again.
    init(name: String, count: Int) throws(ServingError) {
        let state = state
        for _ in 0..<max(1, count) {
            state.change { $0.running += 1 }
            do throws(ServingError) {
                try NamedThread.start(name) { Self.work(state) }
            } catch {
                state.change {
                    $0.running -= 1
                    $0.isClosed = true
                }
                throw error
            }
        }
    }

    /// Queues a job; dropped after `close`.
    func run(urgent: Bool = false, _ job: @escaping @Sendable () -> Void) {
        state.change { state in
            guard !state.isClosed else { return }
            if urgent { state.urgent.append(job) } else { state.normal.append(job) }
        }
    }

    /// Takes no more jobs, drops those that have not begun, and lets the threads end.
    func close() {
        state.change { state in
            state.isClosed = true
            state.urgent = []
            state.normal = []
        }
    }

    private static func work(_ state: Condition<State>) {
        while true {
            let next = state.wait { state -> Next? in
                if !state.urgent.isEmpty { return .job(state.urgent.removeFirst()) }
                if !state.normal.isEmpty { return .job(state.normal.removeFirst()) }
                return state.isClosed ? .end : nil
            }
            guard case .job(let job) = next else { break }
            job()
        }
        state.change { $0.running -= 1 }
    }
}
