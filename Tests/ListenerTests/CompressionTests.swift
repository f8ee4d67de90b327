import CZlib
import NIOCore
import NIOHTTP1
import Testing

@testable import Listener

@Suite struct CompressionTests {
    static let text = String(repeating: "0123456789", count: 1000)
    static let head = "POST / HTTP/1.1\r\nHost: a\r\n"

    private func compressed(_ text: String) throws -> ByteBuffer {
        try #require(Deflater().gzip(ByteBuffer(string: text)))
    }

    private func request(_ body: ByteBuffer, coding: String = "gzip") -> ByteBuffer {
        var bytes = ByteBuffer(
            string: "\(Self.head)Content-Encoding: \(coding)\r\n"
                + "Content-Length: \(body.readableBytes)\r\n\r\n")
        bytes.writeImmutableBuffer(body)
        return bytes
    }

    @Test(arguments: ["gzip", "x-gzip", "GZIP"])
    func decompressesBodies(_ coding: String) throws {
        let handler = RecordingHandler()
        let wire = try Wire(handler)
        try wire.send(request(try compressed(Self.text), coding: coding))
        #expect(handler.bodies == [Self.text])
    }

    @Test func decompressesByteByByte() throws {
        let handler = RecordingHandler()
        let wire = try Wire(handler)
        for byte in request(try compressed(Self.text)).readableBytesView {
            try wire.send(ByteBuffer(bytes: [byte]))
        }
        #expect(handler.bodies == [Self.text])
    }

    @Test func decompressesSeveralMembers() throws {
        let handler = RecordingHandler()
        let wire = try Wire(handler)
        var body = try compressed(Self.text)
        body.writeImmutableBuffer(try compressed(Self.text))
        try wire.send(request(body))
        #expect(handler.bodies == [Self.text + Self.text])
    }

    @Test func readsDeflate() throws {
        let handler = RecordingHandler()
        let wire = try Wire(handler)
        var bytes = [UInt8](repeating: 0, count: 1000)
        var count = uLongf(bytes.count)
        let text = Array(Self.text.utf8)
        #expect(compress(&bytes, &count, text, uLong(text.count)) == Z_OK)
        try wire.send(request(ByteBuffer(bytes: bytes.prefix(Int(count))), coding: "deflate"))
        #expect(handler.bodies == [Self.text])
    }

    @Test func stopsABombAtTheLimit() throws {
        let handler = RecordingHandler()
        var limits = ListenerLimits()
        limits.bodyBytes = Self.text.utf8.count - 1
        let wire = try Wire(handler, limits: limits)
        try wire.send(request(try compressed(Self.text)))
        let reply = try wire.received()
        #expect(reply.hasPrefix("HTTP/1.1 413 "))
        #expect(reply.contains("after decompression"))
        limits.bodyBytes += 1
        let roomier = try Wire(handler, limits: limits)
        try roomier.send(request(try compressed(Self.text)))
        #expect(handler.bodies == [Self.text])
    }

    @Test func refusesBrokenBodies() throws {
        let whole = try compressed(Self.text)
        var truncated = whole
        truncated.moveWriterIndex(to: whole.writerIndex - 1)
        var changed = whole
        changed.setInteger(UInt8(0xff), at: 12)
        var followed = whole
        followed.writeString("garbage")
        for body in [truncated, changed, followed, ByteBuffer(string: "plain text")] {
            let wire = try Wire()
            try wire.send(request(body))
            #expect(try wire.received().hasPrefix("HTTP/1.1 400 "))
        }
    }

    @Test func takesAnEmptyBodyWithACoding() throws {
        let handler = RecordingHandler()
        try Wire(handler).send(request(ByteBuffer()))
        #expect(handler.bodies == [""])
    }

    @Test func compressesJSONForClientsThatAcceptIt() throws {
        let wire = try Wire(RecordingHandler { _ in
            HTTPResponse(
                .ok, contentType: "application/json", body: ByteBuffer(string: Self.text))
        })
        try wire.send("GET / HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n")
        let bytes = try wire.receivedBytes()
        let whole = String(buffer: bytes)
        #expect(whole.contains("content-encoding: gzip\r\n"))
        #expect(whole.contains("vary: accept-encoding\r\n"))
        let length = try #require(
            whole.split(separator: "\r\n").first { $0.hasPrefix("content-length: ") }
                .flatMap { Int($0.dropFirst(16)) })
        let inflater = try Inflater(.gzip, limit: 100_000)
        try inflater.append(
            try #require(bytes.getSlice(at: bytes.writerIndex - length, length: length)))
        #expect(try String(buffer: inflater.finish()) == Self.text)
    }

    @Test(arguments: [
        ("Accept-Encoding: gzip;q=0\r\n", "application/json", 2000, true),
        ("", "application/json", 2000, true),
        ("Accept-Encoding: gzip\r\n", "application/octet-stream", 2000, false),
        ("Accept-Encoding: gzip\r\n", "application/json", 1000, false),
    ]) func leavesOtherRepliesAsTheyAre(
        _ field: String, _ type: String, _ count: Int, _ varies: Bool
    ) throws {
        let wire = try Wire(RecordingHandler { _ in
            HTTPResponse(
                .ok, contentType: type, body: ByteBuffer(repeating: 0x61, count: count))
        })
        try wire.send("GET / HTTP/1.1\r\nHost: a\r\n\(field)\r\n")
        let reply = try wire.received()
        #expect(reply.contains("content-length: \(count)\r\n"))
        #expect(!reply.contains("content-encoding"))
        #expect(reply.contains("vary") == varies)
    }

    @Test(arguments: [
        ("gzip", true), ("GZIP", true), ("x-gzip", true), ("deflate, gzip;q=1.0, *;q=0.5", true),
        ("*", true), ("gzip;q=0", false), ("gzip; q=0.0", false), ("*;q=0", false),
        ("identity", false), ("", false), ("br", false), ("gzip;q=0.5, identity", false),
        ("gzip;q=0.5, identity;q=0.4", true), ("gzip;q=2", false), ("gzip;q=0.0001", false),
        ("gzip;q=abc", false), (",;,gzip", true), ("identity;q=0, *", true),
    ]) func readsAcceptEncoding(_ value: String, _ allows: Bool) {
        #expect(AcceptEncoding.allowsGzip(value) == allows)
    }
}
