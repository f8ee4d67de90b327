import Synchronization

/// Counts the leases of one model version, and tells once when it was closed and the last is back.
public final class LeaseCounter: Sendable {
    private struct State: Sendable {
        var leases = 0
        var isClosed = false
        var onDrained: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())

    /// Starts open, with no leases.
    public init() {}

    /// Leases in use.
    public var leases: Int { state.withLock { $0.leases } }

    /// Takes a lease; nil when the version has been closed for unloading.
    public func lease(_ servable: any Servable) -> ModelLease? {
        let isOpen = state.withLock { state in
            guard !state.isClosed else { return false }
            state.leases += 1
            return true
        }
        return isOpen ? ModelLease(servable: servable, counter: self) : nil
    }

    /// Refuses further leases; calls `onDrained` once, when the last lease is back (perhaps now).
    ///
    /// The handler runs on whatever thread gives the last lease back, so it must only signal.
    public func close(onDrained: @escaping @Sendable () -> Void) {
        let isDrained = state.withLock { state in
            state.isClosed = true
            guard state.leases > 0 else { return true }
            state.onDrained = onDrained
            return false
        }
        if isDrained { onDrained() }
    }

    func release() {
        let handler = state.withLock { state -> (@Sendable () -> Void)? in
            state.leases -= 1
            guard state.isClosed, state.leases == 0 else { return nil }
            defer { state.onDrained = nil }
            return state.onDrained
        }
        handler?()
    }
}
