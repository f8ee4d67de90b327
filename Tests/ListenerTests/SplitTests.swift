import NIOCore
import NIOHTTP1
import Testing

@testable import Listener

/// Whatever bytes come, it must not matter how the network cuts them.
@Suite struct SplitTests {
    /// SplitMix64: the same sequence for the same seed.
    struct Generator: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9e37_79b9_7f4a_7c15
            var value = state
            value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
            value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
            return value ^ (value >> 31)
        }
    }

    static let requests = [
        post("hello", "Connection: keep-alive\r\n") + post("again"),
        "GET /a?b=c HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip;q=0.5\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
            + "5;x=y\r\nhello\r\nA\r\n0123456789\r\n0\r\nX: y\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "HEAD http://h/x HTTP/1.0\r\nConnection: keep-alive\r\n\r\nOPTIONS * HTTP/1.0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc",
    ]
    static let special = Array("\r\n\t :;,/%0fF-+\"\u{0}\u{7f}".utf8) + [0x80, 0xff]

    private func mutate(_ bytes: inout [UInt8], _ generator: inout Generator) {
        for _ in 0..<Int.random(in: 0...3, using: &generator) {
            let index = Int.random(in: 0..<bytes.count, using: &generator)
            let byte = Self.special.randomElement(using: &generator) ?? 0
            switch Int.random(in: 0..<4, using: &generator) {
            case 0: bytes[index] = byte
            case 1: bytes.insert(byte, at: index)
            case 2: bytes.remove(at: index)
            default:
                let end = Int.random(in: index..<bytes.count, using: &generator)
                bytes.insert(contentsOf: bytes[index...end], at: index)
            }
        }
    }

    /// What a connection does with bytes that come in pieces.
    private func outcome(_ pieces: [ArraySlice<UInt8>]) throws -> [String] {
        let handler = RecordingHandler()
        let wire = try Wire(handler)
        for piece in pieces { try wire.send(ByteBuffer(bytes: piece)) }
        return [try wire.received(), "\(wire.isOpen)"] + handler.bodies
    }

    @Test(arguments: [UInt64(1), 2, 3, 4])
    func theOutcomeDoesNotDependOnHowBytesAreCut(_ seed: UInt64) throws {
        var generator = Generator(state: seed)
        for _ in 0..<100 {
            var bytes = Array((Self.requests.randomElement(using: &generator) ?? "").utf8)
            mutate(&bytes, &generator)
            guard !bytes.isEmpty else { continue }
            let whole = try outcome([bytes[...]])
            var pieces: [ArraySlice<UInt8>] = []
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = Int.random(in: 1...min(9, rest.count), using: &generator)
                pieces.append(rest.prefix(count))
                rest = rest.dropFirst(count)
            }
            let cut = try outcome(pieces)
            #expect(whole == cut, "\(String(decoding: bytes, as: UTF8.self).debugDescription)")
        }
    }
}
