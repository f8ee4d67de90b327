import Inference
import NIOCore
import NIOHTTP1
import ServingCore
import Testing

@testable import Listener

@Suite struct SlowClientTests {
    @Test func closesAnIdleConnectionSilently() throws {
        let wire = try Wire()
        wire.advance(.seconds(74))
        #expect(wire.isOpen)
        wire.advance(.seconds(1))
        #expect(!wire.isOpen)
        #expect(try wire.received() == "")
    }

    @Test func aRequestStartsTheIdleTimeAnew() throws {
        let wire = try Wire()
        wire.advance(.seconds(50))
        try wire.send(post("1"))
        wire.advance(.seconds(74))
        #expect(wire.isOpen)
        wire.advance(.seconds(1))
        #expect(!wire.isOpen)
    }

    @Test func timesOutASlowHeaderWhateverComesMeanwhile() throws {
        let wire = try Wire()
        wire.advance(.seconds(7))
        try wire.send("GET / HTTP/1.1\r\n")
        for _ in 0..<9 {
            wire.advance(.seconds(1))
            try wire.send("X: y\r\n")
        }
        #expect(try wire.received() == "")
        wire.advance(.seconds(1))
        #expect(try wire.received().hasPrefix("HTTP/1.1 408 "))
        #expect(!wire.isOpen)
    }

    @Test func timesOutAPauseInABody() throws {
        let wire = try Wire(requestTimeout: .seconds(1000))
        try wire.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n")
        wire.advance(.seconds(29))
        try wire.send("a")
        wire.advance(.seconds(29))
        #expect(try wire.received() == "")
        wire.advance(.seconds(1))
        #expect(try wire.received().hasPrefix("HTTP/1.1 408 "))
    }

    @Test func timesOutABodyThatComesTooLate() throws {
        let wire = try Wire(requestTimeout: .seconds(15))
        try wire.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n")
        for _ in 0..<14 {
            wire.advance(.seconds(1))
            try wire.send("a")
        }
        #expect(try wire.received() == "")
        wire.advance(.seconds(1))
        #expect(try wire.received().hasPrefix("HTTP/1.1 408 "))
    }

    @Test func givesUpOnAHandlerThatNeverAnswers() throws {
        let handler = RecordingHandler.silent
        let wire = try Wire(handler)
        try wire.send(post("1"))
        wire.advance(.seconds(59))
        #expect(try wire.received() == "")
        wire.advance(.seconds(1))
        #expect(try wire.received().hasPrefix("HTTP/1.1 504 "))
        #expect(handler.requests[0].cancellation.isCancelled)
        handler.responders[0].respond(.init(.ok))
        #expect(try wire.received() == "")
    }

    @Test func setsTheDeadline() throws {
        let handler = RecordingHandler()
        let wire = try Wire(handler, requestTimeout: .seconds(3))
        wire.advance(.seconds(5))
        try wire.send(post("1"))
        let request = try #require(handler.requests.first)
        #expect(request.received.nanoseconds == 5_000_000_000)
        #expect(request.deadline.nanoseconds == 8_000_000_000)
    }

    @Test func closesWhenTheClientDoesNotRead() throws {
        let wire = try Wire()
        wire.socket.isFull = true
        try wire.send(post("1"))
        wire.advance(.seconds(39))
        #expect(wire.isOpen)
        wire.advance(.seconds(11))
        #expect(!wire.isOpen)
    }

    @Test func waitsForAClientThatReadsSlowly() throws {
        let wire = try Wire()
        wire.socket.isFull = true
        for _ in 0..<7 {
            try wire.send(post("1"))
            wire.advance(.seconds(10))
        }
        #expect(wire.isOpen)
    }
}
