import Inference
import NIOCore
import NIOHPACK
import NIOHTTP1
import ServingCore
import Testing

@testable import Listener

@Suite struct HTTP2StreamTests {
    private func window(_ increment: UInt32) -> ByteBuffer { ByteBuffer(integer: increment) }

    private func text(_ frames: [HTTP2Wire.Frame], _ stream: UInt32 = 1) -> [String] {
        frames.filter { $0.kind == .data && $0.stream == stream }.map { frame in
            String(
                buffer: frame.payload.getSlice(
                    at: frame.payload.readerIndex + 5, length: frame.payload.readableBytes - 5)
                    ?? .init())
        }
    }

    @Test func deliversMessagesInOrderAndThenTheEnd() throws {
        let calls = RecordingCalls()
        let wire = try HTTP2Wire(calls)
        try wire.open(1, "/t.T/Stream")
        var two = grpcFrame("one")
        two.writeImmutableBuffer(grpcFrame("two"))
        try wire.data(1, two)
        let (receiver, writer) = calls.streams[0]
        #expect(receiver.heard == ["one", "two"])
        writer.send(GRPCReply { $0.writeStaticString("first") })
        #expect(try text(wire.received()) == ["first"])
        try wire.data(1, grpcFrame("three"), end: true)
        #expect(receiver.heard == ["one", "two", "three", "ended"])
        writer.send(GRPCReply { $0.writeStaticString("second") })
        writer.finish(.ok)
        writer.send(GRPCReply { $0.writeStaticString("too late") })
        let frames = try wire.received()
        #expect(text(frames) == ["second"])
        #expect(frames.last?.fields == ["grpc-status": "0"])
        #expect(!receiver.heard.contains("cancelled"))
    }

    @Test func holdsBackAClientWhoseMessagesAreNotHandled() throws {
        let calls = RecordingCalls()
        let wire = try HTTP2Wire(calls)
        try wire.open(1, "/t.T/Stream")
        let most = Limits.messagesInFlightPerStream
        for _ in 0..<most { try wire.data(1, grpcFrame("small")) }
        let large = String(repeating: "x", count: 60_000)
        for _ in 0..<17 { try wire.data(1, grpcFrame(large)) }
        let (receiver, writer) = calls.streams[0]
        #expect(receiver.heard.count == most)
        let before = try wire.received()
        #expect(!before.contains { $0.kind == .windowUpdate && $0.stream == 1 })
        for _ in 0..<3 { writer.messageHandled() }
        #expect(receiver.heard.count == most + 3)
        for _ in 0..<20 { writer.messageHandled() }
        #expect(receiver.heard.count == most + 17)
        let after = try wire.received()
        #expect(after.contains { $0.kind == .windowUpdate && $0.stream == 1 })
    }

    /// The last part of a message makes the stream's window small: it must not be refilled then.
    @Test func aWindowIsNotRefilledForAStreamThatHasEnded() throws {
        let calls = RecordingCalls()
        let wire = try HTTP2Wire(calls)
        try wire.open(1, "/t.T/Stream")
        var rest = grpcFrame(String(repeating: "x", count: Limits.streamWindowBytes / 2))
        while let part = rest.readSlice(length: min(rest.readableBytes, 60_000)),
            part.readableBytes > 0
        {
            try wire.data(1, part, end: rest.readableBytes == 0)
        }
        #expect(calls.streams[0].receiver.heard.last == "ended")
        let frames = try wire.received()
        #expect(!frames.contains { $0.kind == .windowUpdate && $0.stream == 1 })
        calls.streams[0].writer.finish(.ok)
        #expect(try wire.status().code == "0")
        try wire.open(3, "/t.T/Stream")
        #expect(calls.streams.count == 2, "the connection goes on")
    }

    @Test func holdsBackAClientWhoseLargeMessagesAreNotHandled() throws {
        let calls = RecordingCalls()
        let wire = try HTTP2Wire(calls)
        try wire.open(1, "/t.T/Stream")
        let part = ByteBuffer(repeating: 0x61, count: 65_536)
        let size = 4 << 20
        let (receiver, writer) = calls.streams[0]
        // The fifth brings what is not dealt with beyond 16 MiB; the sixth has to wait.
        for _ in 0..<6 {
            try wire.data(1, grpcFrame("", length: UInt32(size)))
            for _ in 0..<(size / 65_536) where receiver.heard.count < 5 { try wire.data(1, part) }
            _ = try wire.received()
        }
        try wire.data(1, grpcFrame("last", length: 4))
        #expect(receiver.heard.count == 5)
        #expect(wire.bodies.usedBytes >= 5 * size)
        #expect(wire.isOpen)
        writer.finish(.ok)
        #expect(wire.bodies.usedBytes == 0)
    }

    @Test func tellsAReceiverThatItsCallBrokeOff() throws {
        let calls = RecordingCalls()
        let wire = try HTTP2Wire(calls)
        try wire.open(1, "/t.T/Stream")
        try wire.data(1, grpcFrame("x", flag: 7))
        #expect(try wire.status().code == "13")
        #expect(calls.streams[0].receiver.heard == ["cancelled"])
        #expect(calls.calls[0].cancellation.isCancelled)
    }

    @Test func holdsNoMoreOfRepliesThanTheListenerMay() throws {
        let calls = RecordingCalls()
        var limits = ListenerLimits()
        limits.bodiesBytes = 1 << 20
        let wire = try HTTP2Wire(calls, limits: limits)
        let large = ByteBuffer(repeating: 1, count: 700_000)
        for (place, stream) in ([1, 3, 5] as [UInt32]).enumerated() {
            try wire.call(stream, "/t.T/Silent")
            calls.responders[place].respond(GRPCReply { $0.writeImmutableBuffer(large) })
        }
        let trailers = try wire.received().filter { $0.kind == .headers && $0.isEnd }
        #expect(trailers.map(\.stream) == [5])
        #expect(trailers.first?.fields["grpc-status"] == "8")
        for stream in [0, 1, 3] as [UInt32] {
            try wire.send(.windowUpdate, stream: stream, window(2 << 20))
        }
        #expect(
            try wire.received().filter { $0.kind == .headers && $0.isEnd }.map(\.stream) == [1, 3])
        try wire.send(.windowUpdate, window(2 << 20))
        try wire.call(7, "/t.T/Silent")
        calls.responders[3].respond(GRPCReply { $0.writeImmutableBuffer(large) })
        try wire.send(.reset, stream: 7, ByteBuffer(integer: UInt32(8)))
        try wire.call(9, "/t.T/Silent")
        calls.responders[4].respond(GRPCReply { $0.writeImmutableBuffer(large) })
        try wire.send(.windowUpdate, stream: 9, window(2 << 20))
        #expect(try wire.received().last?.fields == ["grpc-status": "0"])
    }

    @Test func holdsBackAClientThatDoesNotReadAnswers() throws {
        let calls = RecordingCalls()
        let wire = try HTTP2Wire(calls)
        try wire.open(1, "/t.T/Stream")
        let (receiver, writer) = calls.streams[0]
        let answer = ByteBuffer(repeating: 1, count: Limits.streamWindowBytes + 100_000)
        writer.send(GRPCReply { $0.writeImmutableBuffer(answer) })
        try wire.data(1, grpcFrame("x"))
        #expect(receiver.heard.isEmpty)
        try wire.send(.windowUpdate, window(2 << 20))
        try wire.send(.windowUpdate, stream: 1, window(2 << 20))
        #expect(receiver.heard == ["x"])
    }

    @Test func cutsOffACallWhoseAnswersPileUp() throws {
        let calls = RecordingCalls()
        let wire = try HTTP2Wire(calls)
        try wire.open(1, "/t.T/Stream")
        let (receiver, writer) = calls.streams[0]
        let answer = ByteBuffer(repeating: 1, count: 1 << 20)
        for _ in 0..<40 { writer.send(GRPCReply { $0.writeImmutableBuffer(answer) }) }
        #expect(receiver.heard == ["cancelled"])
        #expect(try wire.received().contains { $0.kind == .reset && $0.stream == 1 })
        #expect(wire.isOpen)
    }

    @Test func resetsAStreamWhoseReplyIsNotRead() throws {
        let wire = try HTTP2Wire()
        // No window for replies at all.
        try wire.send(.settings, ByteBuffer(bytes: [0, 4, 0, 0, 0, 0]))
        try wire.call(1)
        #expect(try text(wire.received()).isEmpty)
        wire.advance(.seconds(30))
        #expect(try wire.received().contains { $0.kind == .reset && $0.stream == 1 })
        #expect(wire.isOpen)
    }

    @Test func givesEveryStreamItsShareOfTheConnection() throws {
        let calls = RecordingCalls()
        var limits = ListenerLimits()
        limits.bodiesBytes = 1 << 30
        let wire = try HTTP2Wire(calls, limits: limits)
        let piece = ByteBuffer(repeating: 7, count: 60_000)
        // Streams that never end, each with its window full, do not stop another's call.
        for stream in stride(from: 1, to: 61, by: 2) as StrideTo<Int> {
            try wire.open(UInt32(stream))
            try wire.data(UInt32(stream), grpcFrame("", length: 100_000_000))
            for _ in 0..<17 { try wire.data(UInt32(stream), piece) }
        }
        let updates = try wire.received().filter { $0.kind == .windowUpdate }
        #expect(updates.contains { $0.stream == 0 })
        try wire.call(1001)
        #expect(calls.calls.count == 1)
    }

    @Test func countsWhatItHoldsAgainstTheBudget() throws {
        var limits = ListenerLimits()
        limits.bodiesBytes = 512 * 1024
        let wire = try HTTP2Wire(limits: limits)
        try wire.open(1)
        try wire.data(1, grpcFrame("", length: 600_000))
        for _ in 0..<10 { try wire.data(1, ByteBuffer(repeating: 7, count: 60_000)) }
        #expect(try wire.status().code == "8")
        #expect(wire.bodies.usedBytes == 0)
    }

    @Test func gathersALongMessage() throws {
        let calls = RecordingCalls()
        let wire = try HTTP2Wire(calls)
        try wire.open(1)
        try wire.data(1, grpcFrame("", length: 600_000))
        for index in 0..<10 {
            try wire.data(1, ByteBuffer(repeating: UInt8(index), count: 60_000), end: index == 9)
        }
        let message = try #require(calls.calls.first?.message)
        #expect(message.readableBytes == 600_000)
        for index in 0..<10 {
            #expect(message.getInteger(at: message.readerIndex + index * 60_000) == UInt8(index))
        }
    }

    private func get(
        _ wire: HTTP2Wire, _ stream: UInt32, _ method: String = "GET", _ path: String = "/x?y=1",
        _ fields: [(String, String)] = [], body: String? = nil
    ) throws {
        let pseudo = [
            (":method", method), (":scheme", "http"), (":path", path), (":authority", "host:1"),
        ]
        try wire.headers(stream, HPACKHeaders(pseudo + fields), end: body == nil)
        if let body { try wire.data(stream, ByteBuffer(string: body), end: true) }
    }

    @Test func answersOrdinaryRequests() throws {
        let handler = RecordingHandler()
        let wire = try HTTP2Wire(nil, handler: handler)
        try get(wire, 1, "POST", "/x?y=1", [("x-a", "b")], body: "hello")
        let frames = try wire.received()
        #expect(frames.map(\.kind) == [.headers, .data])
        #expect(frames[0].fields[":status"] == "200")
        #expect(frames[0].fields["x-request"] == "POST /x?y=1")
        #expect(frames[0].fields["content-length"] == "5")
        #expect(String(buffer: frames[1].payload) == "hello" && frames[1].isEnd)
        #expect(handler.requests[0].headers.first(name: "host") == "host:1")
        #expect(handler.requests[0].headers.first(name: "x-a") == "b")
        #expect(!handler.requests[0].headers.contains { $0.name.hasPrefix(":") })
        try get(wire, 3, "HEAD")
        #expect(try wire.received().map(\.kind) == [.headers])
        #expect(wire.observer.events.suffix(2) == ["finished 200", "finished 200"])
    }

    @Test func refusesGRPCWhereThereIsNone() throws {
        let wire = try HTTP2Wire(nil, handler: RecordingHandler())
        try wire.call(1)
        #expect(try wire.status().code == "12")
    }

    @Test func refusesRequestsThatBreakALimit() throws {
        var limits = ListenerLimits()
        limits.bodyBytes = 4
        let wire = try HTTP2Wire(nil, handler: RecordingHandler(), limits: limits)
        let long = "/" + String(repeating: "a", count: limits.targetBytes)
        try get(wire, 1, "POST", "/x", [], body: "12345")
        try get(wire, 3, "POST", "/x", [("content-length", "9999")], body: "12345")
        try get(wire, 5, "GET", long)
        try get(wire, 7, "GET", "x")
        try get(wire, 9, "POST", "/", [("content-encoding", "br")], body: "1")
        let heads = try wire.received().filter { $0.kind == .headers }
        let statuses = Dictionary(
            heads.map { ($0.stream, $0.fields[":status"]) }, uniquingKeysWith: { first, _ in first }
        )
        #expect(statuses == [1: "413", 3: "413", 5: "414", 7: "400", 9: "415"])
    }

    @Test func answersNothingWithATimeoutOfItsOwn() throws {
        let handler = RecordingHandler.silent
        let wire = try HTTP2Wire(nil, handler: handler, requestTimeout: .seconds(5))
        try get(wire, 1)
        wire.advance(.seconds(34))
        #expect(try wire.received().isEmpty)
        wire.advance(.seconds(1))
        #expect(try wire.received().first?.fields[":status"] == "504")
    }
}
