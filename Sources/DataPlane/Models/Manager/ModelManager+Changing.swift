import Inference
import Logging
public import ServingCore
import Synchronization

/// Changes that somebody waits for without a thread.
extension ModelManager {
    /// What a caller of `change` waits for.
    public enum Goal: Sendable {
        /// Every wanted version of these models answers.
        case available(Set<ModelName>)
        /// Nothing of these models is left in memory.
        case gone(Set<ModelName>)
    }

    /// Wants another state, as `apply`, but returns at once and says when the goal is reached.
    ///
    /// Models that are wanted as before are left alone unless the goal names them.
    ///
    /// - Parameters:
    ///   - timeout: How long to wait for the goal.
    ///   - completion: Called once, on the manager's own thread, and must not block: success, the
    ///     first failure of a load, `resource_exhausted` when memory is missing and none is about
    ///     to be freed, `deadline_exceeded`, `shutting_down`.
    /// - Throws: `configuration_invalid`, `shutting_down`; then nothing has changed and `completion`
    ///   is never called.
    public func change(
        to state: AspiredState, goal: Goal, timeout: Duration,
        completion: @escaping @Sendable (Result<Void, ServingError>) -> Void
    ) throws(ServingError) {
        let state = state.withoutTrailingSlashes
        try state.check(engines: dependencies.engines)
        guard life.withLock({ $0.hasStarted && !$0.hasEnded }) else {
            throw ServingError(.shuttingDown, "the server is shutting down")
        }
        let deadline = dependencies.clock.now().advanced(by: timeout)
        let names = goal.names
        let changes = wanted.withLock { wanted in
            let changes = wanted.changes(to: state)
            wanted = state
            queue.push(.apply(state, renewing: names, done: {}))
            queue.push(
                .wait(
                    .init(
                        goal: goal.kind, names: names, deadline: deadline, completion: completion)))
            return changes
        }
        // The thread may have ended just before the push; then nobody else would answer.
        if life.withLock({ $0.hasEnded }) { Self.refuseWaits(in: queue) }
        for change in changes {
            dependencies.logger.info("wanted state changed", metadata: ["change": "\(change)"])
        }
    }

    /// Answers those who wait in a queue that no thread reads any more.
    static func refuseWaits(in queue: EventQueue<ManagerEvent>) {
        for case .wait(let wait) in queue.take(timeoutNanoseconds: 0) {
            wait.completion(
                .failure(ServingError(.shuttingDown, "the server is shutting down")))
        }
    }
}

extension ModelManager.Goal {
    fileprivate var names: Set<ModelName> {
        switch self {
        case .available(let names), .gone(let names): names
        }
    }

    fileprivate var kind: SettlementWaits.Goal {
        switch self {
        case .available: .available
        case .gone: .gone
        }
    }
}
