import NIOCore
import ServingCore
import Synchronization

/// Every open connection of a listener: counts them against the limit, and finds them for a drain.
final class ConnectionRegistry: Sendable {
    private struct State {
        var connections: [ObjectIdentifier: any ListenerConnection] = [:]
        var refused = 0
        var isDraining = false
        var whenEmpty: [EventLoopPromise<Void>] = []
    }

    /// Refused connections that may be told so at once; beyond, they are closed without a word.
    static let refusedMaximum = 256

    private let state = Mutex(State())
    private let maximum: Int

    init(maximum: Int) {
        self.maximum = maximum
    }

    /// What becomes of a new connection.
    enum Admission { case serve, refuse, close }

    /// Takes a new connection in.
    func admit(_ connection: any ListenerConnection) -> Admission {
        state.withLock { state in
            if state.isDraining { return .close }
            if state.connections.count < maximum {
                state.connections[ObjectIdentifier(connection)] = connection
                return .serve
            }
            guard state.refused < Self.refusedMaximum else { return .close }
            state.refused += 1
            return .refuse
        }
    }

    /// Puts what goes on with a connection in its place: it turned out to speak HTTP/2.
    func replace(_ connection: any ListenerConnection, by successor: any ListenerConnection) {
        let isDraining = state.withLock { state in
            state.connections[ObjectIdentifier(connection)] = nil
            state.connections[ObjectIdentifier(successor)] = successor
            return state.isDraining
        }
        // Its predecessor may have been told so, too early.
        if isDraining { successor.drain() }
    }

    /// Forgets a closed connection.
    func remove(_ connection: any ListenerConnection, wasRefused: Bool) {
        let promises = state.withLock { state -> [EventLoopPromise<Void>] in
            if wasRefused {
                state.refused -= 1
            } else {
                state.connections[ObjectIdentifier(connection)] = nil
            }
            guard state.connections.isEmpty else { return [] }
            defer { state.whenEmpty = [] }
            return state.whenEmpty
        }
        for promise in promises { promise.succeed() }
    }

    /// Admits nobody from now on, and returns who is there.
    func startDraining(_ whenEmpty: EventLoopPromise<Void>) -> [any ListenerConnection] {
        let connections = state.withLock { state -> [any ListenerConnection] in
            state.isDraining = true
            if !state.connections.isEmpty { state.whenEmpty.append(whenEmpty) }
            return Array(state.connections.values)
        }
        if connections.isEmpty { whenEmpty.succeed() }
        return connections
    }

    /// Who is still there.
    var remaining: [any ListenerConnection] { state.withLock { Array($0.connections.values) } }
    /// How many are still there.
    var count: Int { state.withLock { $0.connections.count } }
}
