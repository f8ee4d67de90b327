import NIOCore
import ServingCore
import Synchronization

/// Every open connection of a listener: counts them against the limit, and finds them for a drain.
final class ConnectionRegistry: Sendable {
    private struct State {
        var connections: [ObjectIdentifier: HTTPConnection] = [:]
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
    func admit(_ connection: HTTPConnection) -> Admission {
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

    /// Forgets a closed connection.
    func remove(_ connection: HTTPConnection, wasRefused: Bool) {
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
    func startDraining(_ whenEmpty: EventLoopPromise<Void>) -> [HTTPConnection] {
        let connections = state.withLock { state -> [HTTPConnection] in
            state.isDraining = true
            if !state.connections.isEmpty { state.whenEmpty.append(whenEmpty) }
            return Array(state.connections.values)
        }
        if connections.isEmpty { whenEmpty.succeed() }
        return connections
    }

    /// Who is still there.
    var remaining: [HTTPConnection] { state.withLock { Array($0.connections.values) } }
    /// How many are still there.
    var count: Int { state.withLock { $0.connections.count } }
}
