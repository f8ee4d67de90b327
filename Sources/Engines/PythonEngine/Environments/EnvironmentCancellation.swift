import Glibc
import ServingCore
import Synchronization

/// Stops the making of an environment that nobody waits for any more.
///
/// One object a load; cancelling kills the builder's whole process group.
final class EnvironmentCancellation: Sendable {
    private struct State {
        var isCancelled = false
        var group: pid_t?
    }

    private let state = Mutex(State())

    /// Starts uncancelled.
    init() {}

    /// Whether it was cancelled.
    var isCancelled: Bool { state.withLock { $0.isCancelled } }

    /// Stops the builder, once; a builder that starts later is stopped at its start.
    func cancel() {
        state.withLock { state in
            state.isCancelled = true
            if let group = state.group { kill(-group, SIGKILL) }
        }
    }

    /// Names the group to kill; kills it at once when already cancelled.
    func watch(_ group: pid_t) {
        state.withLock { state in
            state.group = group
            if state.isCancelled { kill(-group, SIGKILL) }
        }
    }

    /// Forgets the group; called before its leader is reaped, so that no other process is killed.
    func forget() {
        state.withLock { $0.group = nil }
    }
}
