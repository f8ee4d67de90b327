import Glibc
import Listener
import ServingCore
import Synchronization
import Testing

@Suite struct UnixSocketTests {
    @Test func answersAndRemovesItsFile() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let path = directory.file("s")
        let observer = RecordingListenerObserver()
        let listener = try await startListener(address: .unix(path: path), observer: observer)
        #expect(exists(path))
        let client = try await SocketClient.connect(to: listener.boundAddress)
        try await client.send(post("hello"))
        #expect(try await client.received(until: "hello").hasPrefix("HTTP/1.1 200 "))
        #expect(observer.records.withLock { $0.first?.remoteAddress } == "unix")
        #expect(await listener.drain(within: .seconds(5)))
        #expect(!exists(path))
    }

    @Test func replacesADeadSocket() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let path = directory.file("s")
        let dead = try await startListener(address: .unix(path: path))
        // A hard link keeps the socket's file beyond its listener, as a crash does.
        link(path, directory.file("t"))
        #expect(await dead.drain(within: .seconds(5)))
        rename(directory.file("t"), path)
        #expect(exists(path))
        let listener = try await startListener(address: .unix(path: path))
        _ = try await SocketClient.connect(to: .unix(path: path)).close()
        #expect(await listener.drain(within: .seconds(5)))
    }

    @Test func leavesALiveSocketAlone() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let path = directory.file("s")
        let first = try await startListener(address: .unix(path: path))
        do {
            _ = try await startListener(address: .unix(path: path))
            Issue.record("bound twice")
        } catch let error as ServingError {
            #expect(error.code == .addressUnavailable)
            #expect(error.message.contains("another process listens"))
        }
        _ = try await SocketClient.connect(to: .unix(path: path)).close()
        #expect(await first.drain(within: .seconds(5)))
    }

    @Test func neverRemovesWhatIsNoSocket() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let path = directory.file("precious")
        write("data", to: path)
        symlink(path, directory.file("link"))
        for name in ["precious", "link"] {
            do {
                _ = try await startListener(address: .unix(path: directory.file(name)))
                Issue.record("bound over \(name)")
            } catch let error as ServingError {
                #expect(error.message.contains("is not a socket"))
            }
            #expect(exists(directory.file(name)))
        }
    }

    @Test func leavesASuccessorsFile() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let path = directory.file("s")
        let listener = try await startListener(address: .unix(path: path))
        unlink(path)
        let successor = try await startListener(address: .unix(path: path))
        #expect(await listener.drain(within: .seconds(5)))
        #expect(exists(path))
        #expect(await successor.drain(within: .seconds(5)))
        #expect(!exists(path))
    }
}
