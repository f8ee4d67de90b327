import Inference
import NIOCore
import NIOEmbedded
import NIOHTTP1
import Synchronization
import Testing

@testable import Listener

@Suite struct ExchangeTests {
    @Test func answersAndKeepsTheConnection() throws {
        let wire = try Wire()
        for _ in 0..<3 {
            try wire.send(post("hello"))
            #expect(
                try wire.received()
                    == "HTTP/1.1 200 OK\r\nx-request: POST /x\r\ncontent-type: text/plain\r\n"
                    + "content-length: 5\r\n\r\nhello")
        }
        #expect(wire.isOpen)
        #expect(wire.observer.events == ["opened"] + Array(repeating: "finished 200", count: 3))
    }

    @Test func sendsADate() throws {
        let wire = try Wire()
        try wire.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(String(buffer: try wire.receivedBytes()).contains("\r\ndate: "))
        #expect(HTTPDate.text(secondsSince1970: 784_111_777) == "Sun, 06 Nov 1994 08:49:37 GMT")
    }

    @Test func answersPipelinedRequestsInOrder() throws {
        let wire = try Wire()
        try wire.send((1...5).map { post("\($0)", target: "/\($0)") }.joined())
        let replies = try wire.received().components(startingWith: "HTTP/1.1")
        #expect(replies.map { $0.suffix(1) } == ["1", "2", "3", "4", "5"])
    }

    @Test func asksForOnePipelinedRequestAtATime() throws {
        let handler = RecordingHandler.silent
        let wire = try Wire(handler)
        try wire.send(post("1") + post("2") + "POST /x HT")
        #expect(handler.bodies == ["1"])
        let reads = wire.socket.reads
        wire.channel.read()
        #expect(wire.socket.reads == reads)
        handler.responders[0].respond(HTTPResponse(.ok))
        #expect(handler.bodies == ["1", "2"])
        #expect(wire.socket.reads == reads)
        handler.responders[1].respond(HTTPResponse(.ok))
        #expect(wire.socket.reads == reads + 1)
        handler.responders[0].respond(HTTPResponse(.ok))
        handler.responders[1].respond(HTTPResponse(.ok))
        #expect(try wire.received().components(startingWith: "HTTP/1.1").count == 2)
    }

    @Test func holdsRequestsBackWhileRepliesWait() throws {
        let handler = RecordingHandler()
        let wire = try Wire(handler)
        wire.channel.isWritable = false
        wire.channel.pipeline.fireChannelWritabilityChanged()
        try wire.send(post("1"))
        wire.channel.read()
        #expect(handler.bodies.isEmpty)
        #expect(wire.socket.reads == 0)
        wire.channel.isWritable = true
        wire.channel.pipeline.fireChannelWritabilityChanged()
        #expect(handler.bodies == ["1"])
        #expect(wire.socket.reads == 1)
        #expect(try wire.received().hasSuffix("\r\n\r\n1"))
    }

    @Test func readsChunkedBodies() throws {
        let handler = RecordingHandler()
        let wire = try Wire(handler)
        let request =
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: CHUNKED\r\n\r\n"
            + "5\r\nhello\r\n1;name=\"v\"\r\n \r\n00A\r\n0123456789\r\n0\r\nX-Sum: 1\r\n\r\n"
        try wire.send(request)
        for byte in request.utf8 { try wire.send(ByteBuffer(bytes: [byte])) }
        #expect(handler.bodies == ["hello 0123456789", "hello 0123456789"])
        #expect(wire.isOpen)
    }

    @Test func doesNotCopyABodyThatCameInOnePiece() throws {
        let handler = RecordingHandler()
        let wire = try Wire(handler)
        let bytes = ByteBuffer(string: post("hello"))
        let address = bytes.withUnsafeReadableBytes { $0.baseAddress }
        try wire.send(bytes)
        let body = try #require(handler.requests.first?.body)
        let offset = body.withUnsafeReadableBytes { $0.baseAddress }.map { $0 - address! }
        #expect(offset == bytes.readableBytes - 5)
    }

    @Test func gathersABodyFromManyReads() throws {
        let handler = RecordingHandler()
        let wire = try Wire(handler)
        let text = String(repeating: "0123456789", count: 10_000)
        var request = ByteBuffer(string: post(text))
        while let part = request.readSlice(length: min(777, request.readableBytes)),
            part.readableBytes > 0
        { try wire.send(part) }
        #expect(handler.bodies == [text])
    }

    @Test func leavesTheBodyOutForHead() throws {
        let wire = try Wire(
            RecordingHandler { _ in
                HTTPResponse(.ok, body: ByteBuffer(string: "hello"))
            })
        try wire.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try wire.received() == "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n")
    }

    @Test(arguments: [
        ("OPTIONS * HTTP/1.1", "OPTIONS *"), ("BREW /pot HTTP/1.1", "BREW /pot"),
        ("GET http://h/a?b HTTP/1.1", "GET /a?b"), ("GET HTTPS://h?b HTTP/1.1", "GET /?b"),
        ("GET http://h HTTP/1.1", "GET /"), ("GET / HTTP/1.7", "GET /"),
        ("\r\nGET / HTTP/1.1", "GET /"),
    ]) func passesRequestLinesOn(_ line: String, _ seen: String) throws {
        let wire = try Wire()
        try wire.send("\(line)\r\nHost: h\r\n\r\n")
        #expect(try wire.received().contains("x-request: \(seen)\r\n"))
    }

    @Test(arguments: [
        ("HTTP/1.1\r\nHost: a\r\n", true, ""),
        ("HTTP/1.1\r\nHost: a\r\nConnection: foo, Close\r\n", false, "connection: close"),
        ("HTTP/1.0\r\n", false, "connection: close"),
        ("HTTP/1.0\r\nConnection: Keep-Alive\r\n", true, "connection: keep-alive"),
    ]) func keepsOrClosesAsAsked(_ rest: String, _ isOpen: Bool, _ field: String) throws {
        let wire = try Wire()
        try wire.send("GET / \(rest)\r\n")
        #expect(try wire.received().contains("connection:") == !field.isEmpty)
        #expect(wire.isOpen == isOpen)
    }

    @Test func writesNoBodyOrLengthForNoContent() throws {
        let wire = try Wire(RecordingHandler { _ in HTTPResponse(.noContent) })
        try wire.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try wire.received() == "HTTP/1.1 204 No Content\r\n\r\n")
    }

    @Test func letsNoHandlerSplitItsReply() throws {
        let wire = try Wire(
            RecordingHandler { _ in
                HTTPResponse(
                    .ok,
                    headers: [
                        "x-id": "a\r\nset-cookie: b", "Content-Length": "99", "date": "never",
                        "Transfer-Encoding": "chunked", "Connection": "close",
                    ])
            })
        try wire.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(
            try wire.received()
                == "HTTP/1.1 200 OK\r\nx-id: a  set-cookie: b\r\ncontent-length: 0\r\n"
                + "connection: close\r\n\r\n")
        #expect(!wire.isOpen)
    }

    @Test func sendsLargeBodiesUnchanged() throws {
        let text = String(repeating: "0123456789", count: 5000)
        let wire = try Wire(
            RecordingHandler { _ in
                HTTPResponse(.ok, body: ByteBuffer(string: text))
            })
        try wire.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try wire.received().hasSuffix("content-length: 50000\r\n\r\n" + text))
    }

    @Test func cancelsWhenTheClientIsGone() throws {
        let handler = RecordingHandler.silent
        let wire = try Wire(handler)
        try wire.send(post("1"))
        let request = try #require(handler.requests.first)
        #expect(!request.cancellation.isCancelled)
        _ = try wire.channel.finish()
        #expect(request.cancellation.isCancelled)
        handler.responders[0].respond(HTTPResponse(.ok))
        #expect(wire.observer.events == ["opened", "closed"])
    }

    @Test func answersAClientThatClosedItsHalf() throws {
        let handler = RecordingHandler.silent
        let wire = try Wire(handler)
        try wire.send(post("1"))
        wire.channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        #expect(handler.requests[0].cancellation.isCancelled)
        handler.responders[0].respond(HTTPResponse(.ok))
        #expect(try wire.received().contains("connection: close"))
        #expect(!wire.isOpen)
    }

    @Test func recordsWhatItRefuses() throws {
        let wire = try Wire()
        try wire.send(post("hello"))
        try wire.send("POST /y HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n")
        let record = try #require(wire.observer.records.withLock { $0.last })
        #expect(record.method == "POST" && record.target == "/y" && record.status == 400)
        let garbage = try Wire()
        try garbage.send("\0\r\n\r\n")
        #expect(garbage.observer.records.withLock { $0.map(\.target) } == [""])
    }

    @Test func recordsEachRequest() throws {
        let wire = try Wire()
        try wire.send(post("hello", "User-Agent: me\r\n"))
        let record = try #require(wire.observer.records.withLock { $0.first })
        #expect(record.method == "POST" && record.target == "/x" && record.status == 200)
        #expect(record.bytesIn == 5 && record.bytesOut == 5 && record.userAgent == "me")
    }
}

extension String {
    /// Splits before each occurrence of a word.
    func components(startingWith word: String) -> [String] {
        var parts: [String] = []
        for line in split(separator: "\r\n", omittingEmptySubsequences: false) {
            let pieces = line.split(separator: word, omittingEmptySubsequences: false)
            for (index, piece) in pieces.enumerated() {
                if index > 0 {
                    parts.append(word + piece)
                } else if !parts.isEmpty {
                    parts[parts.count - 1] += "\r\n" + piece
                }
            }
        }
        return parts
    }
}
