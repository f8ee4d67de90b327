import NIOCore
import Synchronization

/// What a handler says about a stream.
enum StreamAnswer {
    case response(HTTPResponse)
    case message(GRPCReply)
    case status(GRPCStatus)
    case reply(GRPCReply, [GRPCStatus.Trailer])
    case handled
}

/// Answers of other threads on their way to a connection: those given while the event loop is busy
/// arrive together, and are sent with one flush.
final class AnswerMailbox: Sendable {
    typealias Entry = (stream: UInt64, answer: StreamAnswer)

    private struct State {
        var entries: [Entry] = []
        var isScheduled = false
    }

    private let state = Mutex(State())

    /// Adds one; true when the event loop must be told that there are some.
    func put(_ answer: StreamAnswer, for stream: UInt64) -> Bool {
        state.withLock { state in
            state.entries.append((stream, answer))
            defer { state.isScheduled = true }
            return !state.isScheduled
        }
    }

    /// Takes all, in the order given, leaving an empty array of the same capacity in their place.
    func take(into entries: inout [Entry]) {
        state.withLock { state in
            swap(&state.entries, &entries)
            state.isScheduled = false
        }
    }
}
