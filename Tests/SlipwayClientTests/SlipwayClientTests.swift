import NIOCore
import NIOHTTP1
import ServingCore
import SlipwayClient
import Synchronization
import Tensors
import Testing
import Wire

@Suite struct SlipwayClientTests {
    @Test func keepsItsConnection() async throws {
        let server = ScriptedServer.json("{}")
        let client = try SlipwayClient(url: await server.start())
        for _ in 0..<3 { #expect(try await client.get("/x?y").status == .ok) }
        #expect(server.connections.withLock { $0 } == 1)
        #expect(server.seen.withLock { $0.map(\.head.uri) } == ["/x?y", "/x?y", "/x?y"])
        await client.close()
        try await server.stop()
    }

    @Test func connectsAnewWhenTheServerClosedAKeptConnection() async throws {
        let server = ScriptedServer { _ in .replyAndHangUp(ByteBuffer(string: "{}")) }
        let client = try SlipwayClient(url: await server.start())
        for _ in 0..<3 { #expect(try await client.get("/").status == .ok) }
        try await server.stop()
    }

    @Test func carriesTheServersErrorAndStatus() async throws {
        let rows: [(HTTPResponseStatus, ErrorCode)] = [
            (.badRequest, .invalidRequest), (.notFound, .modelNotFound),
            (.tooManyRequests, .overloaded), (.serviceUnavailable, .modelNotReady),
            (.internalServerError, .engineFailed), (.gatewayTimeout, .deadlineExceeded),
        ]
        for (status, code) in rows {
            let server = ScriptedServer.json(#"{"error": "no \"m\" here"}"#, status)
            let client = try SlipwayClient(url: await server.start())
            let error = await #expect(throws: ServingError.self) {
                try await client.modelStatus("m")
            }
            #expect(error?.code == code)
            #expect(error?.message.contains("\(status.code)") == true)
            #expect(error?.message.hasSuffix(#"no "m" here"#) == true)
            try await server.stop()
        }
    }

    @Test func givesUpAfterItsTimeLimit() async throws {
        let server = ScriptedServer { _ in .silence }
        var options = ClientOptions()
        options.requestTimeout = .milliseconds(1)
        let client = try SlipwayClient(url: await server.start(), options: options)
        let error = await #expect(throws: ServingError.self) { try await client.get("/") }
        #expect(error?.code == .deadlineExceeded)
        try await server.stop()
    }

    @Test func reportsAServerThatHangsUpOrIsNotThere() async throws {
        let server = ScriptedServer { _ in .hangUp }
        let url = try await server.start()
        let client = try SlipwayClient(url: url)
        let hungUp = await #expect(throws: ServingError.self) { try await client.get("/") }
        #expect(hungUp?.code == .addressUnavailable)
        try await server.stop()
        let absent = await #expect(throws: ServingError.self) { try await client.get("/") }
        #expect(absent?.code == .addressUnavailable)
        #expect(absent?.message.contains(url) == true)
        let socket = try SlipwayClient(url: "unix:/nonexistent/socket")
        let missing = await #expect(throws: ServingError.self) { try await socket.get("/") }
        #expect(missing?.code == .addressUnavailable)
    }

    @Test func refusesAReplyThatIsTooLarge() async throws {
        let server = ScriptedServer.json(String(repeating: "1", count: 100))
        var options = ClientOptions()
        options.replyBytesMaximum = 99
        let client = try SlipwayClient(url: await server.start(), options: options)
        let error = await #expect(throws: ServingError.self) { try await client.get("/") }
        #expect(error?.code == .requestTooLarge)
        try await server.stop()
    }

    @Test func stopsWhenItsTaskIsCancelled() async throws {
        let (asked, continuation) = AsyncStream.makeStream(of: Void.self)
        let server = ScriptedServer { _ in
            continuation.finish()
            return .silence
        }
        let client = try SlipwayClient(url: await server.start())
        let task = Task { try await client.get("/") }
        for await _ in asked {}
        task.cancel()
        let error = await #expect(throws: ServingError.self) { try await task.value }
        #expect(error?.code == .cancelled)
        try await server.stop()
    }

    @Test func readsModelStatus() async throws {
        let server = ScriptedServer.json(
            #"{"model_version_status": [{"version": "3", "state": "AVAILABLE", "status": "#
                + #"{"error_code": "OK", "error_message": ""}}]}"#)
        let client = try SlipwayClient(url: await server.start())
        let versions = try await client.modelStatus("m")
        #expect(versions.map(\.version) == ["3"])
        #expect(versions.map(\.state) == ["AVAILABLE"])
        #expect(server.seen.withLock { $0.first?.head.uri } == "/v1/models/m")
        try await server.stop()
    }

    @Test func readiness() async throws {
        for (status, isReady) in [(HTTPResponseStatus.ok, true), (.serviceUnavailable, false)] {
            let server = ScriptedServer.json("", status)
            let client = try SlipwayClient(url: await server.start())
            #expect(try await client.isReady() == isReady)
            #expect(try await client.isReady(model: "m", version: "1") == isReady)
            let paths = server.seen.withLock { $0.map(\.head.uri) }
            #expect(paths == ["/v2/health/ready", "/v2/models/m/versions/1/ready"])
            try await server.stop()
        }
    }
}
