import Glibc
import Logging
import NIOSSL
import ServingCore
import Testing

@testable import Listener

@Suite struct TLSTests {
    private func exchange(
        _ listener: Listener, _ context: NIOSSLContext
    ) async throws -> String {
        let client = try await SocketClient.connect(to: listener.boundAddress, tls: context)
        try? await client.send(post("hello"))
        let reply = try await client.received(until: "hello")
        try? await client.close()
        return reply
    }

    @Test func answersOverTLS() async throws {
        let certificates = Certificates(directory: try TemporaryDirectory())
        defer { certificates.directory.remove() }
        try certificates.make("server")
        let listener = try await startListener(tls: certificates.files)
        let reply = try await exchange(listener, certificates.client(trusting: "server"))
        #expect(reply.hasPrefix("HTTP/1.1 200 OK\r\n"))
        #expect(await listener.drain(within: .seconds(5)))
    }

    @Test func refusesOverTLSWithItsReason() async throws {
        let certificates = Certificates(directory: try TemporaryDirectory())
        defer { certificates.directory.remove() }
        try certificates.make("server")
        let listener = try await startListener(tls: certificates.files)
        let client = try await SocketClient.connect(
            to: listener.boundAddress, tls: certificates.client(trusting: "server"))
        try await client.send("nonsense\r\n\r\n")
        #expect(try await client.received(until: "}").hasPrefix("HTTP/1.1 400 "))
        try? await client.close()
        #expect(await listener.drain(within: .seconds(5)))
    }

    @Test func asksClientsForCertificates() async throws {
        let certificates = Certificates(directory: try TemporaryDirectory())
        defer { certificates.directory.remove() }
        for name in ["server", "friend", "stranger"] { try certificates.make(name) }
        var files = certificates.files
        files.clientAuthorities = certificates.directory.file("friend.pem")
        let listener = try await startListener(tls: files)
        let friend = try certificates.client(trusting: "server", showing: "friend")
        #expect(try await exchange(listener, friend).hasPrefix("HTTP/1.1 200 OK\r\n"))
        let stranger = try certificates.client(trusting: "server", showing: "stranger")
        #expect(try await exchange(listener, stranger) == "")
        let nobody = try certificates.client(trusting: "server")
        #expect(try await exchange(listener, nobody) == "")
        #expect(await listener.drain(within: .seconds(5)))
    }

    @Test func showsANewCertificateAfterReload() async throws {
        let certificates = Certificates(directory: try TemporaryDirectory())
        defer { certificates.directory.remove() }
        try certificates.make("server")
        try certificates.make("next")
        let listener = try await startListener(tls: certificates.files)
        let old = try certificates.client(trusting: "server")
        let new = try certificates.client(trusting: "next")
        #expect(try await exchange(listener, new) == "")
        certificates.replace("server", by: "next")
        #expect(try await exchange(listener, old).hasPrefix("HTTP/1.1 200 "))
        try listener.reloadCertificates()
        #expect(try await exchange(listener, new).hasPrefix("HTTP/1.1 200 "))
        #expect(try await exchange(listener, old) == "")
        #expect(await listener.drain(within: .seconds(5)))
    }

    @Test func looksForChangesOnItsTimer() async throws {
        let certificates = Certificates(directory: try TemporaryDirectory())
        defer { certificates.directory.remove() }
        try certificates.make("server")
        try certificates.make("next")
        let new = try certificates.client(trusting: "next")
        var files = certificates.files
        files.reloadInterval = .milliseconds(5)
        let listener = try await startListener(tls: files)
        certificates.replace("server", by: "next")
        while try await exchange(listener, new).isEmpty { await Task.yield() }
        #expect(await listener.drain(within: .seconds(5)))
    }

    @Test func keepsTheOldCertificateWhenTheNewOneIsBroken() throws {
        let certificates = Certificates(directory: try TemporaryDirectory())
        defer { certificates.directory.remove() }
        try certificates.make("server")
        try certificates.make("next")
        let store = try CertificateStore(
            certificates.files, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let first = store.context
        store.reloadIfChanged()
        #expect(store.context === first)
        rename(
            certificates.directory.file("next.pem"), certificates.directory.file("server.pem"))
        store.reloadIfChanged()
        #expect(store.context === first)
        #expect(throws: ServingError.self) { try store.reload() }
        rename(
            certificates.directory.file("next.key"), certificates.directory.file("server.key"))
        store.reloadIfChanged()
        #expect(store.context !== first)
    }

    @Test func namesTheFileThatIsWrong() async throws {
        let certificates = Certificates(directory: try TemporaryDirectory())
        defer { certificates.directory.remove() }
        try certificates.make("server")
        try certificates.make("other")
        var missing = certificates.files
        missing.privateKey = "/nonexistent/key.pem"
        var broken = certificates.files
        broken.certificateChain = certificates.directory.file("broken.pem")
        write("no certificate", to: broken.certificateChain)
        var mismatched = certificates.files
        mismatched.privateKey = certificates.directory.file("other.key")
        for (files, name) in [(missing, "/nonexistent/key.pem"), (broken, "broken.pem")] {
            do {
                _ = try await startListener(tls: files)
                Issue.record("started with \(name)")
            } catch let error as ServingError {
                #expect(error.code == .configurationInvalid)
                #expect(error.message.contains(name))
            }
        }
        await #expect(throws: ServingError.self) { try await startListener(tls: mismatched) }
    }
}
