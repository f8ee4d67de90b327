import Listener
import NIOCore
import ServingCore
import Synchronization

/// The open `Watch` calls of a server, told when the status of what they watch changes.
///
/// Nothing announces a change of state, so it is looked for every `Limits.healthWatchInterval`, once
/// for all watchers, and only while there are some.
final class HealthWatches: Sendable {
    private struct Watcher {
        let name: String
        let writer: GRPCStreamWriter
        /// What it was told last; nil before the first time.
        var last: ServingStatus?
    }

    private struct Table {
        var watchers: [UInt64: Watcher] = [:]
        var nextKey: UInt64 = 0
        var isTicking = false
    }

    private let state: HealthState
    private let eventLoop: any EventLoop
    private let table = Mutex(Table())

    init(_ state: HealthState, eventLoop: any EventLoop) {
        self.state = state
        self.eventLoop = eventLoop
    }

    /// Adds a watcher, which is told the status at once and whenever it changes.
    ///
    /// All telling happens on the event loop, so a watcher never hears of states out of order.
    ///
    /// - Returns: A key for `remove`; nil when there are too many watchers.
    func add(_ name: String, _ writer: GRPCStreamWriter) -> UInt64? {
        let added = table.withLock { table -> (key: UInt64, startsTicking: Bool)? in
            guard table.watchers.count < Limits.healthWatchersMaximum else { return nil }
            let key = table.nextKey
            table.nextKey += 1
            table.watchers[key] = Watcher(name: name, writer: writer, last: nil)
            defer { table.isTicking = true }
            return (key, !table.isTicking)
        }
        guard let added else { return nil }
        eventLoop.execute { [self] in
            if added.startsTicking { tick() } else { _ = tell() }
        }
        return added.key
    }

    /// Forgets a watcher; false when it was forgotten before.
    @discardableResult
    func remove(_ key: UInt64) -> Bool {
        table.withLock { $0.watchers.removeValue(forKey: key) != nil }
    }

    /// Ends every call.
    func endAll() {
        let watchers = table.withLock { table in
            defer { table.watchers = [:] }
            return table.watchers.values
        }
        for watcher in watchers {
            if watcher.last != .notServing { watcher.writer.send(HealthService.reply(.notServing)) }
            watcher.writer.finish(GRPCStatus(.unavailable, "the server is shutting down"))
        }
    }

    private func scheduleTick() {
        let interval = TimeAmount.nanoseconds(
            Int64(clamping: Limits.healthWatchInterval.nanosecondsClamped))
        eventLoop.scheduleTask(in: interval) { [weak self] in self?.tick() }
    }

    private func tick() {
        guard tell() else { return }
        scheduleTick()
    }

    /// Tells the watchers of what has changed; false when there are none left.
    private func tell() -> Bool {
        let names = table.withLock { table -> Set<String>? in
            table.isTicking = !table.watchers.isEmpty
            return table.isTicking ? Set(table.watchers.values.map(\.name)) : nil
        }
        guard let names else { return false }
        var statuses: [String: ServingStatus] = [:]
        for name in names { statuses[name] = state.status(of: name) ?? .serviceUnknown }
        let changed = table.withLock { table in
            var changed: [(GRPCStreamWriter, ServingStatus)] = []
            for (key, watcher) in table.watchers {
                guard let status = statuses[watcher.name], status != watcher.last else { continue }
                table.watchers[key]?.last = status
                changed.append((watcher.writer, status))
            }
            return changed
        }
        for (writer, status) in changed { writer.send(HealthService.reply(status)) }
        return true
    }
}

/// The `Watch` method: one request, then a status whenever it changes.
struct HealthWatchMethod: GRPCStreamingMethod {
    let watches: HealthWatches

    func open(_ call: GRPCCall, _ writer: GRPCStreamWriter) -> any GRPCStreamReceiver {
        Receiver(watches: watches, writer: writer)
    }

    private final class Receiver: GRPCStreamReceiver {
        private enum State {
            case waiting
            case watching(UInt64)
            case over
        }

        private let watches: HealthWatches
        private let writer: GRPCStreamWriter
        private let state = Mutex(State.waiting)

        init(watches: HealthWatches, writer: GRPCStreamWriter) {
            self.watches = watches
            self.writer = writer
        }

        func received(_ message: ByteBuffer) {
            defer { writer.messageHandled() }
            guard case .waiting = state.withLock({ $0 }) else {
                return fail(GRPCStatus(.invalidArgument, "Watch takes one request"))
            }
            do throws(ServingError) {
                let name = try HealthService.serviceName(message)
                guard let key = watches.add(name, writer) else {
                    return fail(
                        GRPCStatus(
                            .resourceExhausted,
                            "there are \(Limits.healthWatchersMaximum) watchers; use Check"))
                }
                state.withLock { $0 = .watching(key) }
            } catch {
                fail(GRPCStatus(.invalidArgument, error.message))
            }
        }

        /// The client has said all it has to say; the answers go on.
        func ended() {
            guard case .waiting = state.withLock({ $0 }) else { return }
            fail(GRPCStatus(.invalidArgument, "Watch takes one request, and none came"))
        }

        func cancelled() { fail(GRPCStatus(.cancelled, "the call was cancelled")) }

        private func fail(_ status: GRPCStatus) {
            if leave() { writer.finish(status) }
        }

        /// Ends the call's part here; false when it was over before.
        private func leave() -> Bool {
            let old = state.withLock { state in
                defer { state = .over }
                return state
            }
            switch old {
            case .waiting: return true
            case .watching(let key): return watches.remove(key)
            case .over: return false
            }
        }
    }
}
