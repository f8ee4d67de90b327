import Listener
import NIOCore
import Synchronization

/// A gRPC service whose methods show what they got: `Echo` answers at once, `Silent` leaves the answer
/// to the test, `Fail` fails with everything a status can hold, `Stream` leaves all to the test.
final class RecordingCalls: GRPCHandler, GRPCUnaryMethod, GRPCStreamingMethod {
    final class Receiver: GRPCStreamReceiver {
        let events = Mutex([String]())

        func received(_ message: ByteBuffer) {
            events.withLock { $0.append(String(buffer: message)) }
        }
        func ended() { events.withLock { $0.append("ended") } }
        func cancelled() { events.withLock { $0.append("cancelled") } }
        var heard: [String] { events.withLock { $0 } }
    }

    private struct State {
        var calls: [GRPCCall] = []
        var responders: [GRPCResponder] = []
        var streams: [(Receiver, GRPCStreamWriter)] = []
    }

    static let failure = GRPCStatus(
        .notFound, "no model \"ü\"\n100%", details: ByteBuffer(bytes: [8, 5, 255, 254]),
        trailers: [.init("x-reason", "gone")])

    private let state = Mutex(State())

    var calls: [GRPCCall] { state.withLock { $0.calls } }
    var responders: [GRPCResponder] { state.withLock { $0.responders } }
    var streams: [(receiver: Receiver, writer: GRPCStreamWriter)] {
        state.withLock { $0.streams.map { (receiver: $0.0, writer: $0.1) } }
    }

    func method(at path: String) -> GRPCMethod? {
        switch path {
        case "/t.T/Echo", "/t.T/Silent", "/t.T/Fail": .unary(self)
        case "/t.T/Stream": .streaming(self)
        default: nil
        }
    }

    func handle(_ call: GRPCCall, _ responder: GRPCResponder) {
        state.withLock {
            $0.calls.append(call)
            $0.responders.append(responder)
        }
        switch call.path {
        case "/t.T/Echo": responder.respond(GRPCReply { $0.writeImmutableBuffer(call.message) })
        case "/t.T/Fail": responder.fail(Self.failure)
        default: break
        }
    }

    func open(_ call: GRPCCall, _ writer: GRPCStreamWriter) -> any GRPCStreamReceiver {
        let receiver = Receiver()
        state.withLock {
            $0.calls.append(call)
            $0.streams.append((receiver, writer))
        }
        return receiver
    }
}
