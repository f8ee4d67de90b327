import Logging
import NIOCore
import NIOEmbedded
import ServingCore
import Synchronization

@testable import Listener

/// Takes any bytes behind a valid preface as an HTTP/2 connection, in pieces.
///
/// The first byte is how long the pieces are. Each call that a handler got is ended or cancelled once
/// the connection has closed, and no reply is asked for twice.
public func fuzzHTTP2Frames(_ bytes: UnsafeRawBufferPointer) {
    guard let first = bytes.first else { return }
    let channel = EmbeddedChannel()
    let calls = CountedCalls()
    var limits = ListenerLimits()
    limits.messageBytes = 1 << 16
    let connection = HTTPConnection(
        HTTPConnection.Setup(
            limits: limits, requestTimeout: .seconds(30), compressReplies: true, isTLS: false,
            protocols: [.http1, .http2], handler: nil, grpc: calls,
            registry: ConnectionRegistry(maximum: 1), bodies: BodyBudget(limit: 1 << 22),
            replies: BodyBudget(limit: 1 << 22),
            observer: nil, logger: Logger(label: "fuzz") { _ in SwiftLogNoOpLogHandler() }),
        eventLoop: channel.eventLoop)
    do {
        try channel.pipeline.syncOperations.addHandler(connection)
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        try channel.writeInbound(
            ByteBuffer(bytes: HTTP2Preface.bytes + [0, 0, 0, 4, 0, 0, 0, 0, 0]))
        let step = Int(first) + 1
        var rest = bytes.dropFirst()
        while !rest.isEmpty, channel.isActive {
            try channel.writeInbound(ByteBuffer(bytes: rest.prefix(step)))
            channel.embeddedEventLoop.run()
            rest = rest.dropFirst(step)
        }
    } catch {
        // The frame layer's own errors come out of the pipeline's end.
    }
    var sent = 0
    while let part = try? channel.readOutbound(as: IOData.self) { sent += part.readableBytes }
    promise(sent < 1 << 24, "answers are bounded")
    _ = try? channel.finish(acceptAlreadyClosed: true)
    promise(calls.openStreams == 0, "every stream that was opened has ended")
}

/// `Echo` answers at once, `Stream` answers each message.
private final class CountedCalls: GRPCHandler, GRPCUnaryMethod, GRPCStreamingMethod {
    private let open = Mutex(0)
    var openStreams: Int { open.withLock { $0 } }

    func method(at path: String) -> GRPCMethod? {
        switch path {
        case "/e": .unary(self)
        case "/s": .streaming(self)
        default: nil
        }
    }

    func handle(_ call: GRPCCall, _ responder: GRPCResponder) {
        responder.respond(GRPCReply { $0.writeImmutableBuffer(call.message) })
    }

    func open(_ call: GRPCCall, _ writer: GRPCStreamWriter) -> any GRPCStreamReceiver {
        open.withLock { $0 += 1 }
        return Receiver(self, writer)
    }

    private final class Receiver: GRPCStreamReceiver {
        private let calls: CountedCalls
        private let writer: GRPCStreamWriter
        private let ends = Mutex(0)

        init(_ calls: CountedCalls, _ writer: GRPCStreamWriter) {
            self.calls = calls
            self.writer = writer
        }

        func received(_ message: ByteBuffer) {
            writer.send(GRPCReply { $0.writeImmutableBuffer(message) })
            writer.messageHandled()
        }

        func ended() {
            writer.finish(.ok)
            end()
        }

        func cancelled() { end() }

        /// The end of the input, and a cancellation behind it at most.
        private func end() {
            let count = ends.withLock { ends in
                ends += 1
                return ends
            }
            promise(count <= 2, "a stream ends once")
            if count == 1 { calls.open.withLock { $0 -= 1 } }
        }
    }
}
