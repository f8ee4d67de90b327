public import ServingCore
import Synchronization

/// Stops a run that is under way: at its deadline, or because nobody waits for it any more.
///
/// One object a run. The scheduler calls `cancel`; the engine registers a handler that makes its
/// native call return early, and removes it before the resources that the handler uses are freed.
public final class RunCancellation: Sendable {
    private struct State: Sendable {
        var error: ServingError?
        var handler: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())

    /// Starts uncancelled.
    public init() {}

    /// Why the run was stopped; nil while it has not been.
    public var error: ServingError? { state.withLock { $0.error } }

    /// Stops the run, once; the handler runs on the calling thread, under the lock, so that it never
    /// runs after `removeHandler` has returned. It must be short and must not call back.
    public func cancel(_ error: ServingError) {
        state.withLock { state in
            guard state.error == nil else { return }
            state.error = error
            state.handler?()
        }
    }

    /// Sets what stops the native call; runs it at once when the run is already cancelled.
    public func setHandler(_ handler: @escaping @Sendable () -> Void) {
        state.withLock { state in
            state.handler = handler
            if state.error != nil { handler() }
        }
    }

    /// Forgets the handler; it does not run after this returns.
    public func removeHandler() {
        state.withLock { $0.handler = nil }
    }
}
