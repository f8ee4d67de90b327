import NIOCore
import NIOHPACK
import ServingCore
import Synchronization
import Testing
import Wire

@testable import Listener

@Suite struct GRPCCallTests {
    @Test func answersACallWithHeadMessageAndTrailers() throws {
        let wire = try HTTP2Wire()
        try wire.call(1)
        let frames = try wire.received()
        #expect(frames.map(\.kind) == [.headers, .data, .headers])
        #expect(frames[0].fields[":status"] == "200")
        #expect(frames[0].fields["content-type"] == "application/grpc")
        #expect(frames[0].fields["grpc-accept-encoding"] == "identity,deflate,gzip")
        #expect(frames[1].payload == grpcFrame("hello"))
        #expect(frames[2].fields == ["grpc-status": "0"] && frames[2].isEnd)
    }

    @Test(arguments: [1, 2, 7, 30]) func readsAMessageHoweverItIsCut(_ size: Int) throws {
        let calls = RecordingCalls()
        let wire = try HTTP2Wire(calls)
        try wire.open(1)
        var bytes = grpcFrame("in many pieces")
        while let piece = bytes.readSlice(length: min(size, bytes.readableBytes)), size > 0 {
            let isLast = bytes.readableBytes == 0
            try wire.data(1, piece, end: isLast)
            if isLast { break }
        }
        #expect(calls.calls.map { String(buffer: $0.message) } == ["in many pieces"])
        #expect(try wire.status().code == "0")
    }

    @Test func sendsAllThatAStatusHoldsWithoutAMessage() throws {
        let wire = try HTTP2Wire()
        try wire.call(1, "/t.T/Fail")
        let frames = try wire.received()
        #expect(frames.count == 1 && frames[0].isEnd)
        #expect(frames[0].fields[":status"] == "200")
        #expect(frames[0].fields["grpc-status"] == "5")
        #expect(frames[0].fields["grpc-message"] == "no model \"%C3%BC\"%0A100%25")
        #expect(frames[0].fields["grpc-status-details-bin"] == "CAX//g")
        #expect(frames[0].fields["x-reason"] == "gone")
    }

    struct Bad: Sendable, CustomStringConvertible {
        var description: String
        var fields: [(String, String)] = []
        var path = "/t.T/Echo"
        var bytes = grpcFrame("hello")
        var code: String
        var words: String
    }

    static let bad: [Bad] = [
        Bad(description: "method", path: "/t.T/Nothing", code: "12", words: "/t.T/Nothing"),
        Bad(
            description: "encoding", fields: [("grpc-encoding", "snappy")], code: "12",
            words: "snappy"),
        Bad(
            description: "timeout", fields: [("grpc-timeout", "5")], code: "13",
            words: "grpc-timeout"),
        Bad(
            description: "long timeout", fields: [("grpc-timeout", "123456789S")], code: "13",
            words: "grpc-timeout"),
        Bad(description: "nothing", bytes: ByteBuffer(), code: "13", words: "no message"),
        Bad(
            description: "half a prefix", bytes: ByteBuffer(bytes: [0, 0]), code: "13",
            words: "middle"),
        Bad(
            description: "half a message", bytes: grpcFrame("hel", length: 5), code: "13",
            words: "middle"),
        Bad(
            description: "two messages",
            bytes: ByteBuffer(bytes: Array(repeating: UInt8(0), count: 10)), code: "13",
            words: "more than one"),
        Bad(
            description: "flag", bytes: grpcFrame("hello", flag: 2), code: "13",
            words: "begins with 2"),
        Bad(
            description: "compressed without encoding", bytes: grpcFrame("hello", flag: 1),
            code: "13", words: "no grpc-encoding"),
        Bad(
            description: "not gzip", fields: [("grpc-encoding", "gzip")],
            bytes: grpcFrame("hello", flag: 1), code: "13", words: "decompress"),
        Bad(
            description: "too large", bytes: grpcFrame("", length: 1001), code: "8",
            words: "Received message larger than max (1001 vs. 1000)"),
    ]

    @Test(arguments: bad) func refusesWhatIsNotACall(_ bad: Bad) throws {
        let calls = RecordingCalls()
        var limits = ListenerLimits()
        limits.messageBytes = 1000
        let wire = try HTTP2Wire(calls, limits: limits)
        try wire.open(1, bad.path, bad.fields)
        try wire.data(1, bad.bytes, end: true)
        let (code, message) = try wire.status()
        #expect(code == bad.code)
        #expect(message?.contains(bad.words) == true, "\(message ?? "")")
        #expect(calls.calls.isEmpty)
        // The connection goes on.
        try wire.call(3)
        #expect(try wire.status().code == "0")
    }

    @Test(arguments: ["application/grpc", "application/grpc+proto", "application/grpc; a=b"])
    func takesTheContentTypesOfGRPC(_ type: String) throws {
        let wire = try HTTP2Wire()
        try wire.open(1, type: type)
        try wire.data(1, grpcFrame("x"), end: true)
        #expect(try wire.status().code == "0")
    }

    @Test(arguments: ["application/grpc-web", "application/grpcx", "application/json", ""])
    func refusesOtherContentTypesOnAPortForGRPCAlone(_ type: String) throws {
        let wire = try HTTP2Wire(protocols: .http2)
        try wire.open(1, type: type)
        try wire.data(1, grpcFrame("x"), end: true)
        #expect(try wire.received().first?.fields[":status"] == "415")
    }

    @Test func readsGzipAndAnswersInGzip() throws {
        let wire = try HTTP2Wire()
        let deflater = Deflater()
        let text = String(repeating: "slipway ", count: 1000)
        let packed = try #require(deflater.gzip(ByteBuffer(string: text)))
        var framed = ByteBuffer()
        framed.writeInteger(UInt8(1))
        framed.writeInteger(UInt32(packed.readableBytes))
        framed.writeImmutableBuffer(packed)
        try wire.open(
            1, "/t.T/Echo",
            [("grpc-encoding", "gzip"), ("grpc-accept-encoding", "identity, gzip")])
        try wire.data(1, framed, end: true)
        let frames = try wire.received()
        #expect(frames[0].fields["grpc-encoding"] == "gzip")
        var payload = frames[1].payload
        #expect(payload.readInteger(as: UInt8.self) == 1)
        let length = payload.readInteger(as: UInt32.self)
        #expect(length == UInt32(payload.readableBytes) && payload.readableBytes < 1000)
        let inflater = try Inflater(.gzip, limit: 100_000)
        try inflater.append(payload)
        let unpacked = try inflater.finish()
        #expect(String(buffer: unpacked) == text)
    }

    @Test func stopsABombAtTheLimit() throws {
        var limits = ListenerLimits()
        limits.bodyBytes = 4096
        let wire = try HTTP2Wire(limits: limits)
        let deflater = Deflater()
        let zeros = ByteBuffer(repeating: 0, count: 1 << 20)
        let packed = try #require(deflater.gzip(zeros))
        var framed = ByteBuffer()
        framed.writeInteger(UInt8(1))
        framed.writeInteger(UInt32(packed.readableBytes))
        framed.writeImmutableBuffer(packed)
        try wire.open(1, "/t.T/Echo", [("grpc-encoding", "gzip")])
        try wire.data(1, framed, end: true)
        let (code, message) = try wire.status()
        #expect(code == "8")
        #expect(message?.contains("Received message larger than max") == true)
    }

    @Test func tellsTheObserverTheCode() throws {
        let wire = try HTTP2Wire()
        try wire.call(1)
        try wire.call(3, "/t.T/Fail")
        let records = wire.observer.records.withLock { $0 }
        #expect(records.map(\.grpcStatus) == [0, 5])
        #expect(records.map(\.target) == ["/t.T/Echo", "/t.T/Fail"])
        #expect(records.map(\.status) == [200, 200])
        #expect(records.map(\.bytesIn) == [5, 5] && records.map(\.bytesOut) == [5, 0])
    }

    @Test func answersInAnyOrderAndOnlyOnce() throws {
        let calls = RecordingCalls()
        let wire = try HTTP2Wire(calls)
        for stream in [1, 3, 5] as [UInt32] { try wire.call(stream, "/t.T/Silent") }
        let reply = GRPCReply { $0.writeStaticString("late") }
        for index in [2, 0, 1, 0] { calls.responders[index].respond(reply) }
        let ends = try wire.received().filter { $0.kind == .headers && $0.isEnd }
        #expect(ends.map(\.stream) == [5, 1, 3])
    }
}
