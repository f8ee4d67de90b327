import Inference
import Listener
import NIOCore
import NIOHTTP1
import NIOPosix
import ServingCore
import Synchronization
import Testing

@Suite struct ListenerTests {
    static let get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

    @Test func answersOverTCPFromAnyThread() async throws {
        let handler = RecordingHandler.silent
        let observer = RecordingListenerObserver()
        let listener = try await startListener(handler, observer: observer)
        let client = try await SocketClient.connect(to: listener.boundAddress)
        for count in 1...3 {
            try await client.send(post("hello"))
            while handler.responders.count < count { await Task.yield() }
            handler.responders[count - 1].respond(
                HTTPResponse(.ok, body: ByteBuffer(string: "done \(count)")))
            let reply = try await client.received(until: "done \(count)")
            #expect(reply.hasPrefix("HTTP/1.1 200 OK\r\n"))
        }
        #expect(listener.connectionCount == 1)
        #expect(
            observer.records.withLock { $0.first?.remoteAddress.hasPrefix("127.0.0.1:") } == true)
        try await client.close()
        #expect(await listener.drain(within: .seconds(5)))
    }

    @Test func namesThePortThatIsInUse() async throws {
        let first = try await startListener()
        do {
            _ = try await startListener(address: first.boundAddress)
            Issue.record("bound twice")
        } catch let error as ServingError {
            #expect(error.code == .addressUnavailable)
            #expect(error.message.contains("\(first.boundAddress)"))
            #expect(error.message.contains("in use"))
        }
        _ = await first.drain(within: .seconds(5))
    }

    @Test(arguments: [
        ListenerAddress.tcp(host: "192.0.2.1", port: 1), .tcp(host: "127.0.0.1", port: 70_000),
        .unix(path: "/nonexistent/slipway.sock"), .unix(path: ""),
        .unix(path: String(repeating: "/long", count: 30)),
    ]) func refusesAddressesItCannotHave(_ address: ListenerAddress) async throws {
        do {
            _ = try await startListener(address: address)
            Issue.record("bound to \(address)")
        } catch let error as ServingError {
            #expect(error.code == .addressUnavailable)
        }
    }

    @Test func refusesConnectionsBeyondTheLimit() async throws {
        let listener = try await startListener { $0.connections = 1 }
        let first = try await SocketClient.connect(to: listener.boundAddress)
        try await first.send(Self.get)
        #expect(try await first.received(until: "\r\n\r\n").hasPrefix("HTTP/1.1 200 "))
        let second = try await SocketClient.connect(to: listener.boundAddress)
        #expect(try await second.received(until: "}").hasPrefix("HTTP/1.1 503 "))
        try await first.send(Self.get)
        #expect(try await first.received(until: "\r\n\r\n").hasPrefix("HTTP/1.1 200 "))
        #expect(await listener.drain(within: .seconds(5)))
    }

    @Test func aClientThatStillSendsSeesWhyItWasRefused() async throws {
        let listener = try await startListener { $0.bodyBytes = 10 }
        let client = try await SocketClient.connect(to: listener.boundAddress)
        let body = String(repeating: "a", count: 4 << 20)
        async let sent: Void? = try? client.send(post(body))
        let reply = try await client.received(until: "}")
        #expect(reply.hasPrefix("HTTP/1.1 413 "))
        #expect(reply.contains("4194304 bytes, the limit is 10"))
        try? await client.close()
        await sent
        #expect(await listener.drain(within: .seconds(5)))
    }

    @Test func answersAClientThatShutsItsHalfDown() async throws {
        let listener = try await startListener()
        let client = try await SocketClient.connect(to: listener.boundAddress)
        try await client.send(post("hello"))
        try await client.channel.close(mode: .output)
        #expect(try await client.received(until: "hello").hasPrefix("HTTP/1.1 200 "))
        #expect(await listener.drain(within: .seconds(5)))
    }

    @Test func cancelsForAClientThatGoes() async throws {
        let (gone, continuation) = AsyncStream.makeStream(of: Void.self)
        let handler = RecordingHandler { request in
            request.cancellation.onCancel { continuation.finish() }
            return nil
        }
        let listener = try await startListener(handler)
        let client = try await SocketClient.connect(to: listener.boundAddress)
        try await client.send(Self.get)
        while handler.requests.isEmpty { await Task.yield() }
        try await client.close()
        for await _ in gone {}
        handler.responders[0].respond(HTTPResponse(.ok))
        #expect(await listener.drain(within: .seconds(5)))
    }

    @Test func carriesLargeBodiesBothWays() async throws {
        let listener = try await startListener()
        let client = try await SocketClient.connect(to: listener.boundAddress)
        let body = String(repeating: "0123456789abcdef", count: 1 << 18) + "."
        async let sent: Void = client.send(post(body))
        let reply = try await client.received(until: "f.")
        try await sent
        #expect(reply.hasSuffix("\r\n\r\n" + body))
        #expect(await listener.drain(within: .seconds(5)))
    }
}
