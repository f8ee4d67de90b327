import ServingCore

/// Carries events from any thread to the one thread that owns the machines.
final class EventQueue<Event: Sendable>: Sendable {
    private struct State {
        var events: [Event] = []
        var wakeUps = 0
    }

    private let state = Condition(State())

    /// Adds an event.
    func push(_ event: Event) {
        state.change { $0.events.append(event) }
    }

    /// Makes a waiting thread look at the clock again.
    func wake() {
        state.change { $0.wakeUps += 1 }
    }

    /// Takes all events, waiting for the first one, a wake-up or the end of the time.
    func take(timeoutNanoseconds: UInt64?) -> [Event] {
        state.wait(timeoutNanoseconds: timeoutNanoseconds) { state -> [Event]? in
            guard !state.events.isEmpty || state.wakeUps > 0 else { return nil }
            defer {
                state.events = []
                state.wakeUps = 0
            }
            return state.events
        } ?? []
    }
}
