import NIOCore
import NIOEmbedded
import Testing

@testable import Listener

@Suite struct LimitTests {
    static var tight: ListenerLimits {
        var limits = ListenerLimits()
        limits.headerBytes = 1000
        limits.headerFields = 5
        limits.targetBytes = 100
        limits.bodyBytes = 10
        return limits
    }

    @Test(arguments: [
        (414, "GET /\(String(repeating: "a", count: 100)) HTTP/1.1\r\nHost: a\r\n\r\n"),
        (414, "GET /\(String(repeating: "a", count: 500))"),
        (431, "GET / HTTP/1.1\r\nHost: a\r\nX: \(String(repeating: "a", count: 1000))\r\n\r\n"),
        (431, "GET / HTTP/1.1\r\nHost: a\r\nX: \(String(repeating: "a", count: 1000))"),
        (431, "GET / HTTP/1.1\r\n\(String(repeating: "X: y\r\n", count: 6))"),
        (413, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n"),
        (
            413,
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\nExpect: 100-continue\r\n\r\n"
        ),
        (
            413,
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                + "6\r\nabcdef\r\n5\r\nabcde\r\n"
        ),
    ]) func refusesWhatIsTooLarge(_ status: Int, _ request: String) throws {
        let handler = RecordingHandler()
        let wire = try Wire(handler, limits: Self.tight)
        try wire.send(request)
        #expect(try wire.received().hasPrefix("HTTP/1.1 \(status) "))
        #expect(handler.requests.isEmpty)
    }

    @Test func takesWhatJustFits() throws {
        let handler = RecordingHandler()
        let wire = try Wire(handler, limits: Self.tight)
        let target = "/" + String(repeating: "a", count: 99)
        try wire.send(post("0123456789", "A: 1\r\nB: 2\r\nC: 3\r\n", target: target))
        #expect(handler.bodies == ["0123456789"])
        #expect(handler.requests.first?.target == target)
    }

    @Test func boundsChunkExtensions() throws {
        let wire = try Wire(limits: Self.tight)
        try wire.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in 0..<10 {
            try wire.send("1;\(String(repeating: "x", count: 300))\r\na\r\n")
        }
        #expect(try wire.received().hasPrefix("HTTP/1.1 400 "))
    }

    @Test func boundsTrailers() throws {
        let wire = try Wire(limits: Self.tight)
        try wire.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n")
        for _ in 0..<200 { try wire.send("X: yyyy\r\n") }
        #expect(try wire.received().hasPrefix("HTTP/1.1 400 "))
    }

    @Test func tellsConnectionsBeyondTheLimit() throws {
        let registry = ConnectionRegistry(maximum: 1)
        let first = try Wire(registry: registry)
        let second = try Wire(registry: registry)
        let refusal = try second.received()
        #expect(refusal.hasPrefix("HTTP/1.1 503 "))
        #expect(refusal.contains("retry-after: 1\r\n"))
        try first.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try first.received().hasPrefix("HTTP/1.1 200 "))
        #expect(registry.count == 1)
        _ = try first.channel.finish()
        #expect(registry.count == 0)
        let third = try Wire(registry: registry)
        try third.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try third.received().hasPrefix("HTTP/1.1 200 "))
    }
}
