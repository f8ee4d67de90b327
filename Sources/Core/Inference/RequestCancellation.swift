import Synchronization

/// A one-way switch from whoever waits for an answer to whoever computes it.
///
/// The protocol side calls `cancel` when the client is gone; the scheduler reads `isCancelled`
/// before it runs the request and may register a handler while it runs.
public final class RequestCancellation: Sendable {
    private enum State: Sendable {
        case waiting(handler: (@Sendable () -> Void)?)
        case cancelled
    }

    private let state = Mutex(State.waiting(handler: nil))

    /// Starts uncancelled.
    public init() {}

    /// Whether `cancel` has been called.
    public var isCancelled: Bool {
        state.withLock { if case .cancelled = $0 { true } else { false } }
    }

    /// Cancels once; further calls do nothing. Runs the handler on the calling thread.
    public func cancel() {
        let handler = state.withLock { state -> (@Sendable () -> Void)? in
            guard case .waiting(let handler) = state else { return nil }
            state = .cancelled
            return handler
        }
        handler?()
    }

    /// Sets (or with nil removes) the handler; calls it at once when already cancelled.
    public func onCancel(_ handler: (@Sendable () -> Void)?) {
        let isCancelled = state.withLock { state -> Bool in
            if case .cancelled = state { return true }
            state = .waiting(handler: handler)
            return false
        }
        if isCancelled { handler?() }
    }
}
