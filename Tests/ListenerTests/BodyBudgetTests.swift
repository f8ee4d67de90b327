import NIOCore
import NIOEmbedded
import Testing

@testable import Listener

/// Bodies of several connections share one budget of memory.
struct BodyBudgetTests {
    private static let kilobyte = String(repeating: "x", count: 1024)

    /// Sends the head and the first part of a body of 512 KiB, and leaves the rest out.
    private func begin(_ wire: Wire, kilobytes: Int) throws {
        try wire.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 524288\r\n\r\n")
        try wire.send(String(repeating: Self.kilobyte, count: kilobytes))
    }

    @Test func refusesTheBodyThatFindsNoMemoryLeftAndServesTheOthers() throws {
        let bodies = BodyBudget(limit: 2 * BodyBudget.stepBytes)
        let first = try Wire(bodies: bodies)
        let second = try Wire(bodies: bodies)
        try begin(first, kilobytes: 300)
        #expect(bodies.usedBytes == 2 * BodyBudget.stepBytes)
        try begin(second, kilobytes: 100)
        let refusal = try second.received()
        #expect(refusal.hasPrefix("HTTP/1.1 503 "))
        #expect(refusal.contains("retry-after: 1\r\n") && refusal.contains("limits.bodies"))
        try first.send(String(repeating: Self.kilobyte, count: 212))
        #expect(try first.received().hasPrefix("HTTP/1.1 200 "))
        #expect(bodies.usedBytes == 0)
    }

    @Test func givesMemoryBackWhenTheClientGoesAwayInTheMiddle() throws {
        let bodies = BodyBudget(limit: 1 << 20)
        let wire = try Wire(bodies: bodies)
        try begin(wire, kilobytes: 200)
        #expect(bodies.usedBytes == BodyBudget.stepBytes)
        _ = try wire.channel.finish()
        #expect(bodies.usedBytes == 0)
    }

    @Test func smallBodiesTakeNothing() throws {
        let bodies = BodyBudget(limit: 0)
        let wire = try Wire(bodies: bodies)
        try wire.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1024\r\n\r\n")
        try wire.send(Self.kilobyte)
        #expect(try wire.received().hasPrefix("HTTP/1.1 200 "))
    }
}
