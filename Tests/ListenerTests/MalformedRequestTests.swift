import NIOCore
import Testing

@testable import Listener

@Suite struct MalformedRequestTests {
    struct Row: CustomTestStringConvertible, Sendable {
        let status: Int
        let request: String
        let saying: String
        var testDescription: String { "\(status) \(request.prefix(60).debugDescription)" }

        init(_ status: Int, _ request: String, _ saying: String) {
            self.status = status
            self.request = request
            self.saying = saying
        }
    }

    static let start = "POST / HTTP/1.1\r\nHost: a\r\n"

    static let heads: [Row] = [
        Row(400, "GET /\r\n\r\n", "HTTP/1.1"),
        Row(400, "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", "single spaces"),
        Row(400, "GET / HTTP/1.1 \r\nHost: a\r\n\r\n", "single spaces"),
        Row(400, "GET / HTTP/1\r\nHost: a\r\n\r\n", "HTTP/1.1"),
        Row(400, "G@T / HTTP/1.1\r\nHost: a\r\n\r\n", "not an HTTP method"),
        Row(400, " GET / HTTP/1.1\r\nHost: a\r\n\r\n", "not an HTTP method"),
        Row(505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "HTTP/2.0"),
        Row(505, "GET / HTTP/3.0\r\nHost: a\r\n\r\n", "HTTP/3.0"),
        Row(400, "GET x HTTP/1.1\r\nHost: a\r\n\r\n", "must start with '/'"),
        Row(400, "GET * HTTP/1.1\r\nHost: a\r\n\r\n", "must start with '/'"),
        Row(400, "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n", "percent-encoded"),
        Row(400, "GET /\u{e9} HTTP/1.1\r\nHost: a\r\n\r\n", "percent-encoded"),
        Row(400, "GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n", "percent-encoded"),
        Row(501, "CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n", "not a proxy"),
        Row(400, "GET / HTTP/1.1\nHost: a\n\n", "bare line feed"),
        Row(400, "GET / HTTP/1.1\r\nHost: a\n\r\n", "bare line feed"),
        Row(400, "\n\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", "bare line feed"),
        Row(400, "\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", "not an HTTP method"),
        Row(400, "GET / HTTP/1.1\r\n\r\n", "0 host fields"),
        Row(400, "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", "2 host fields"),
        Row(400, "\(start)X: a\r\n b\r\n\r\n", "folded"),
        Row(400, "GET / HTTP/1.1\r\n Host: a\r\n\r\n", "folded"),
        Row(400, "\(start)X : a\r\n\r\n", "before the colon"),
        Row(400, "\(start): a\r\n\r\n", "not a field name"),
        Row(400, "\(start)novalue\r\n\r\n", "no colon"),
        Row(400, "\(start)X: a\0b\r\n\r\n", "control characters"),
        Row(400, "\(start)X: a\rb\r\n\r\n", "control characters"),
        Row(400, "\u{16}\u{3}\u{1}\u{2}", "TLS"),
        Row(417, "\(start)Expect: tea\r\n\r\n", "100-continue"),
        Row(415, "\(start)Content-Encoding: br\r\n\r\n", "gzip, deflate, identity"),
        Row(415, "\(start)Content-Encoding: gzip, gzip\r\n\r\n", "gzip, deflate, identity"),
    ]

    static let framings: [Row] = [
        Row(400, "\(start)Content-Length: 1\r\nContent-Length: 1\r\n\r\na", "twice"),
        Row(400, "\(start)Content-Length: 1, 1\r\n\r\na", "not a number"),
        Row(400, "\(start)Content-Length: -1\r\n\r\n", "not a number"),
        Row(400, "\(start)Content-Length: +1\r\n\r\n", "not a number"),
        Row(400, "\(start)Content-Length: 0x1\r\n\r\n", "not a number"),
        Row(400, "\(start)Content-Length:\r\n\r\n", "not a number"),
        Row(413, "\(start)Content-Length: 99999999999999999999999\r\n\r\n", "the limit is"),
        Row(
            400, "\(start)Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
            "without content-length"),
        Row(
            400, "\(start)Transfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n", "twice"),
        Row(
            400, "\(start)Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
            "once"),
        Row(501, "\(start)Transfer-Encoding: gzip, chunked\r\n\r\n", "only chunked"),
        Row(400, "\(start)Transfer-Encoding: chunked, identity\r\n\r\n", "only chunked"),
        Row(400, "\(start)Transfer-Encoding: xchunked\r\n\r\n", "only chunked"),
        Row(400, "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", "HTTP/1.1"),
    ]

    static let chunks: [Row] = [
        ("g\r\n", "chunk size"), ("\r\n", "chunk size"), ("-1\r\n", "chunk size"),
        ("1 \r\na\r\n", "chunk size"), (" 1\r\na\r\n", "chunk size"), ("0x1\r\n", "chunk size"),
        ("1\na\r\n", "malformed"), ("1\r\nab\r\n", "malformed"), ("1\r\na\n0\r\n\r\n", "malformed"),
        ("ffffffffffffffff\r\n", "chunk size"), ("1;\0\r\na\r\n", "chunk size"),
        ("0\r\nX\r\n\r\n", "no colon"), ("0\r\nX : 1\r\n\r\n", "before the colon"),
        ("0\r\n X: 1\r\n\r\n", "folded"), ("0\r\nX: 1\n\r\n", "malformed"),
    ].map {
        Row(400, "\(start)Transfer-Encoding: chunked\r\n\r\n\($0.0)", $0.1)
    }

    @Test(arguments: heads + framings + chunks)
    func refusesWithStatusAndReasonThenCloses(_ row: Row) throws {
        let handler = RecordingHandler()
        let wire = try Wire(handler)
        try wire.send(row.request)
        let reply = try wire.received()
        #expect(reply.hasPrefix("HTTP/1.1 \(row.status) "), "\(reply)")
        #expect(reply.contains("content-type: application/json\r\n"))
        #expect(reply.contains("connection: close\r\n\r\n{\"error\": \""))
        #expect(reply.contains(row.saying), "\(reply)")
        #expect(handler.requests.isEmpty)
        #expect(wire.observer.events.contains("refused \(row.status)"))
        try wire.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(handler.requests.isEmpty)
        #expect(!wire.observer.events.contains("finished 200"))
    }

    @Test(arguments: heads + framings + chunks)
    func refusesTheSameByteByByte(_ row: Row) throws {
        let wire = try Wire()
        for byte in row.request.utf8 { try wire.send(ByteBuffer(bytes: [byte])) }
        #expect(try wire.received().hasPrefix("HTTP/1.1 \(row.status) "))
    }
}
