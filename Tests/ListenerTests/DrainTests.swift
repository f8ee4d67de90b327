import Inference
import Listener
import NIOHTTP1
import ServingCore
import Testing

@Suite struct DrainTests {
    @Test func closesIdleConnectionsAndStopsAccepting() async throws {
        let listener = try await startListener()
        let address = listener.boundAddress
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
        async let isClean = listener.drain(within: .seconds(5))
        let idle = try? await SocketClient.connect(to: listener.boundAddress)
        while (try? await SocketClient.connect(to: listener.boundAddress).close()) != nil {
            await Task.yield()
        }
        _ = idle
        handler.responders[0].respond(HTTPResponse(.ok))
        let reply = try await client.received()
        #expect(reply.hasPrefix("HTTP/1.1 200 OK\r\n"))
        #expect(reply.contains("connection: close"))
        #expect(await isClean)
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
