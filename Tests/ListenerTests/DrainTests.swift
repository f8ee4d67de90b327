import Inference
import NIOEmbedded
import NIOHTTP1
import ServingCore
import Testing

@testable import Listener

@Suite struct DrainTests {
    @Test func closesIdleConnectionsAndStopsAccepting() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        // A path and not a port, which another test could get next.
        let address = ListenerAddress.unix(path: directory.file("s"))
        let listener = try await startListener(address: address)
        let client = try await SocketClient.connect(to: address)
        try await client.send(ListenerTests.get)
        _ = try await client.received(until: "\r\n\r\n")
        #expect(await listener.drain(within: .seconds(5)))
        #expect(try await client.received() == "")
        await #expect(throws: (any Error).self) { try await SocketClient.connect(to: address) }
    }

    @Test func finishesRequestsInFlight() async throws {
        let handler = RecordingHandler.silent
        let listener = try await startListener(handler)
        let client = try await SocketClient.connect(to: listener.boundAddress)
        try await client.send(ListenerTests.get)
        while handler.requests.isEmpty { await Task.yield() }
        let idle = try await SocketClient.connect(to: listener.boundAddress)
        async let isClean = listener.drain(within: .seconds(5))
        #expect(try await idle.received() == "")
        handler.responders[0].respond(HTTPResponse(.ok))
        let reply = try await client.received()
        #expect(reply.hasPrefix("HTTP/1.1 200 OK\r\n"))
        #expect(await isClean)
    }

    @Test func saysThatItClosesAfterARequestInFlight() throws {
        let handler = RecordingHandler.silent
        let busy = try Wire(handler)
        let reading = try Wire()
        let idle = try Wire()
        try busy.send(post("1") + post("2"))
        try reading.send("GET / HTTP/1.1\r\n")
        for wire in [busy, reading, idle] {
            wire.connection.drain()
            wire.channel.embeddedEventLoop.run()
        }
        #expect(busy.isOpen && reading.isOpen && !idle.isOpen)
        handler.responders[0].respond(HTTPResponse(.ok))
        try reading.send("Host: a\r\n\r\n")
        for wire in [busy, reading] {
            #expect(try wire.received().contains("connection: close"))
            #expect(!wire.isOpen)
        }
        #expect(handler.bodies == ["1"])
    }

    @Test func closesByForceWhenTheTimeIsUp() async throws {
        let handler = RecordingHandler.silent
        let listener = try await startListener(handler)
        let client = try await SocketClient.connect(to: listener.boundAddress)
        try await client.send(ListenerTests.get)
        while handler.requests.isEmpty { await Task.yield() }
        #expect(await !listener.drain(within: .zero))
        #expect(try await client.received() == "")
        #expect(handler.requests[0].cancellation.isCancelled)
        #expect(listener.connectionCount == 0)
    }

    @Test func aListenerWithoutConnectionsDrainsAtOnce() async throws {
        let listener = try await startListener()
        #expect(await listener.drain(within: .seconds(5)))
        #expect(await listener.drain(within: .seconds(5)))
    }
}
