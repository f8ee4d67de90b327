import NIOCore
import NIOHTTP1
import Testing

@testable import Listener

@Suite struct ExpectTests {
    static let head =
        "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: 5\r\n\r\n"

    @Test func asksForTheBody() throws {
        let wire = try Wire()
        try wire.send(Self.head)
        #expect(try wire.received() == "HTTP/1.1 100 Continue\r\n\r\n")
        try wire.send("hello")
        #expect(try wire.received().hasPrefix("HTTP/1.1 200 OK\r\n"))
        #expect(wire.isOpen)
    }

    @Test func asksForNothingThatIsAlreadyThere() throws {
        let wire = try Wire()
        try wire.send(Self.head + "hello")
        #expect(try wire.received().hasPrefix("HTTP/1.1 200 OK\r\n"))
    }

    @Test func asksForNothingWithoutABody() throws {
        let wire = try Wire()
        try wire.send("GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n")
        #expect(try wire.received().hasPrefix("HTTP/1.1 200 OK\r\n"))
    }

    @Test func refusesBeforeTheBody() throws {
        let handler = RecordingHandler(admit: { head in
            head.uri == "/" ? HTTPResponse(.notFound, body: ByteBuffer(string: "no")) : nil
        })
        let wire = try Wire(handler)
        try wire.send(Self.head)
        let reply = try wire.received()
        #expect(reply.hasPrefix("HTTP/1.1 404 Not Found\r\n"))
        #expect(reply.hasSuffix("connection: close\r\n\r\nno"))
        try wire.send("hello")
        #expect(handler.requests.isEmpty)
        #expect(wire.observer.events.contains("finished 404"))
    }

    @Test func ignoresTheExpectationOfHTTP10() throws {
        let wire = try Wire()
        try wire.send("POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n")
        #expect(try wire.received() == "")
    }
}
