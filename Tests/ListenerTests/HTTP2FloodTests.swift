import Inference
import NIOCore
import NIOEmbedded
import NIOHPACK
import ServingCore
import Testing

@testable import Listener

/// What a hostile client can send cheaply.
@Suite struct HTTP2FloodTests {
    /// The code of the GOAWAY with which the connection ended; nil when there was none.
    private func end(_ wire: HTTP2Wire) throws -> UInt32? {
        let frames = try wire.received()
        wire.advance(.seconds(2))
        #expect(!wire.isOpen)
        return frames.first { $0.kind == .goAway }?.code
    }

    static let enhanceYourCalm: UInt32 = 11

    @Test func endsAfterTooManyResets() throws {
        let calls = RecordingCalls()
        let wire = try HTTP2Wire(calls)
        for index in 0...Limits.streamResetsMaximum where wire.isOpen {
            let stream = UInt32(2 * index + 1)
            try wire.call(stream, "/t.T/Silent")
            try wire.send(.reset, stream: stream, ByteBuffer(integer: UInt32(8)))
            // An answer for a call that is gone makes room for the next.
            if let responder = calls.responders.last { responder.fail(GRPCStatus(.cancelled)) }
        }
        #expect(try end(wire) == Self.enhanceYourCalm)
    }

    @Test func doesNoMoreWorkForAClientThatResets() throws {
        let calls = RecordingCalls()
        let wire = try HTTP2Wire(calls)
        for index in 0..<400 {
            let stream = UInt32(2 * index + 1)
            try wire.call(stream, "/t.T/Silent")
            try wire.send(.reset, stream: stream, ByteBuffer(integer: UInt32(8)))
        }
        #expect(calls.calls.count == Limits.streamsPerConnectionMaximum)
        let isCancelled = calls.calls.map(\.cancellation.isCancelled)
        #expect(!isCancelled.contains(false))
        let refused = try wire.received().filter { $0.kind == .reset }
        #expect(refused.count == 400 - Limits.streamsPerConnectionMaximum)
        #expect(refused.allSatisfy { $0.code == 7 })
        // Answers make room again.
        for responder in calls.responders { responder.fail(GRPCStatus(.cancelled)) }
        try wire.call(2001)
        #expect(try wire.status().code == "0")
    }

    @Test func endsAfterTooManyPingsWithNothingSent() throws {
        let wire = try HTTP2Wire()
        let ping = ByteBuffer(repeating: 1, count: 8)
        for _ in 0...(Limits.pingStrikesMaximum) { try wire.send(.ping, ping) }
        #expect(wire.isOpen)
        let answers = try wire.received()
        #expect(answers.allSatisfy { $0.kind == .ping && $0.flags == 1 })
        try wire.send(.ping, ping)
        let away = try wire.received().first { $0.kind == .goAway }
        #expect(away?.code == Self.enhanceYourCalm)
        #expect(away.map { String(buffer: $0.payload).hasSuffix("too_many_pings") } == true)
        wire.advance(.seconds(2))
        #expect(!wire.isOpen)
    }

    @Test func takesPingsBetweenAnswersOrFarApart() throws {
        let wire = try HTTP2Wire()
        let ping = ByteBuffer(repeating: 1, count: 8)
        for index in 0..<50 {
            try wire.send(.ping, ping)
            try wire.call(UInt32(2 * index + 1))
        }
        for _ in 0..<10 {
            wire.advance(.seconds(6))
            try wire.send(.ping, ping)
        }
        #expect(wire.isOpen)
        let frames = try wire.received()
        #expect(!frames.contains { $0.kind == .goAway })
    }

    @Test func endsAfterTooManySettings() throws {
        let wire = try HTTP2Wire()
        // All in one read: the limit counts by the second of a clock that the test does not have.
        var frames = ByteBuffer()
        for _ in 0...(2 * Limits.controlFramesMaximum) {
            frames.writeImmutableBuffer(HTTP2Wire.frame(.settings))
        }
        try wire.send(frames)
        #expect(try end(wire) == Self.enhanceYourCalm)
    }

    @Test func endsAfterTooManyEmptyDataFrames() throws {
        let wire = try HTTP2Wire()
        try wire.open(1)
        for _ in 0...Limits.emptyFramesMaximum { try wire.data(1, ByteBuffer()) }
        #expect(try end(wire) == Self.enhanceYourCalm)
    }

    @Test func endsAfterTooManyContinuations() throws {
        let wire = try HTTP2Wire()
        try wire.send(.headers, stream: 1, ByteBuffer(bytes: [0x82]))
        for _ in 0..<20 { try wire.send(.continuation, stream: 1, ByteBuffer(bytes: [0x84])) }
        #expect(try end(wire) == Self.enhanceYourCalm)
    }

    @Test func endsAfterAHeaderListBeyondTheLimit() throws {
        var limits = ListenerLimits()
        limits.headerBytes = 2048
        let wire = try HTTP2Wire(limits: limits)
        try wire.open(1, "/t.T/Echo", [("x", String(repeating: "a", count: 2048))])
        #expect(try end(wire) != nil)
    }

    @Test func refusesACallWithTooManyFields() throws {
        let wire = try HTTP2Wire()
        try wire.call(1, "/t.T/Echo", (0..<200).map { ("x-\($0)", "y") })
        #expect(try wire.status().code == "8")
    }

    static let nonsense: [(String, ByteBuffer)] = [
        ("data before headers", HTTP2Wire.frame(.data, stream: 1, ByteBuffer(string: "x"))),
        ("an even stream", HTTP2Wire.frame(.headers, flags: 5, stream: 2, bytes(0x82, 0x84, 0x87))),
        ("a frame that is too long", ByteBuffer(bytes: [255, 255, 255, 0, 0, 0, 0, 0, 1])),
        (
            "a broken header block",
            HTTP2Wire.frame(.headers, flags: 5, stream: 1, bytes(0xFF, 0xFF))
        ),
        ("a window beyond all", HTTP2Wire.frame(.windowUpdate, bytes(0x7F, 255, 255, 255))),
        ("a push", HTTP2Wire.frame(.push, flags: 4, stream: 1, bytes(0, 0, 0, 2))),
        ("a short ping", HTTP2Wire.frame(.ping, bytes(1, 2))),
    ]

    @Test(arguments: nonsense) func endsAfterNonsense(_ name: String, _ bytes: ByteBuffer) throws {
        let wire = try HTTP2Wire()
        try wire.send(bytes)
        #expect(try end(wire) != nil, "\(name)")
        #expect(wire.registry.count == 0)
    }

    @Test func endsWithoutAPreface() throws {
        let wire = try HTTP2Wire(protocols: .http2, greets: false)
        try wire.send(ByteBuffer(string: "GET / HTTP/1.1\r\nHost: a\r\n\r\n"))
        var text = ""
        while let part = try wire.channel.readOutbound(as: ByteBuffer.self) {
            text += String(buffer: part)
        }
        #expect(text.hasPrefix("HTTP/1.1 400 "))
        #expect(text.contains("this port serves gRPC"))
    }
}

private func bytes(_ bytes: UInt8...) -> ByteBuffer { ByteBuffer(bytes: bytes) }
