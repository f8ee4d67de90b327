import Logging
import Models
import ServingCore
import Synchronization
import Testing

@testable import Slipway

struct ConfigurationWatchTests {
    private func file(_ size: Int64, at time: Int64 = 1) -> FileFingerprint {
        FileFingerprint(device: 1, inode: 2, byteCount: size, modifiedNanoseconds: time)
    }

    @Test func readsAChangeOnceItHasSettled() {
        var watch = ConfigurationWatch()
        #expect(watch.looked(file(1)) == .nothing)
        #expect(watch.looked(file(1)) == .read)
        #expect(watch.looked(file(1)) == .nothing)
        // Still being written: the size differs at every look.
        #expect(watch.looked(file(2)) == .nothing)
        #expect(watch.looked(file(3)) == .nothing)
        #expect(watch.looked(file(3)) == .read)
        // The same size, written again.
        #expect(watch.looked(file(3, at: 2)) == .nothing)
        #expect(watch.looked(file(3, at: 2)) == .read)
    }

    @Test func aFileThatVanishesIsReportedOnceAndReadWhenItIsBack() {
        var watch = ConfigurationWatch()
        _ = watch.looked(file(1))
        _ = watch.looked(file(1))
        #expect(watch.looked(nil) == .reportMissing)
        #expect(watch.looked(nil) == .nothing)
        #expect(watch.looked(file(1)) == .nothing)
        #expect(watch.looked(file(2)) == .nothing)
        #expect(watch.looked(file(2)) == .read)
        #expect(watch.looked(nil) == .reportMissing)
    }
}

struct ConfigurationWatcherTests {
    /// What the watcher wrote to its log and handed over.
    private final class Seen: Sendable {
        let lines = Mutex<[String]>([])
        let applied = Mutex<[Configuration]>([])
    }

    private struct Handler: LogHandler {
        let seen: Seen
        var metadata = Logger.Metadata()
        var logLevel = Logger.Level.info
        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { nil }
            set { _ = newValue }
        }

        func log(event: LogEvent) {
            seen.lines.withLock { $0.append("\(event.level): \(event.message)") }
        }
    }

    private func watcher(_ path: String, _ seen: Seen) throws -> ConfigurationWatcher {
        ConfigurationWatcher(
            path: path, current: try Configuration.reading(path: path).get(),
            logger: Logger(label: "test") { _ in Handler(seen: seen) },
            apply: { configuration, _ in seen.applied.withLock { $0.append(configuration) } })
    }

    @Test func appliesAChangeAndKeepsTheOldOnAnError() throws {
        try TestFiles.withDirectory { directory in
            let path = directory + "/slipway.yaml"
            let seen = Seen()
            func write(_ text: String) throws { try TestFiles.write(Array(text.utf8), to: path) }
            try write("models: [{ name: a, source: /a }]")
            let watcher = try watcher(path, seen)
            for _ in 0..<3 { watcher.tick() }
            #expect(seen.applied.withLock { $0.isEmpty })

            try write("listen: { rest: 77 }\nmodels: [{ name: a, source: /a, versions: all }]")
            for _ in 0..<3 { watcher.tick() }
            #expect(seen.applied.withLock { $0.count } == 1)
            #expect(watcher.current.models.models[0].versionPolicy == .all)
            #expect(watcher.current.listen.restPort == 8501)
            let lines = seen.lines.withLock { $0 }
            #expect(
                lines.contains(
                    "notice: listen.rest: 8501 -> 77 (needs a restart; not applied)")
            )
            #expect(
                lines.contains("notice: models.a.versions: { latest: 1 } -> all"))

            seen.lines.withLock { $0 = [] }
            let before = watcher.current
            try write("models: [{ name: a, source: /a, versons: 1, queue: 0 }]")
            for _ in 0..<5 { watcher.tick() }
            #expect(watcher.current == before)
            #expect(seen.applied.withLock { $0.count } == 1)
            let errors = seen.lines.withLock { $0 }
            #expect(errors.count == 3, "\(errors)")
            #expect(errors[0].hasPrefix("error: \(path):1:"))
            #expect(errors[0].contains("did you mean 'versions'?"))
            #expect(errors[1].contains("'models[0].queue' is '0'"))
            #expect(errors[2].hasSuffix("the last one stays in use"))
        }
    }

    @Test func aSignalReadsAtOnceAndAMissingFileIsReported() throws {
        try TestFiles.withDirectory { directory in
            let path = directory + "/slipway.yaml"
            let seen = Seen()
            try TestFiles.write(Array("models: [{ name: a, source: /a }]".utf8), to: path)
            let watcher = try watcher(path, seen)
            try TestFiles.write(Array("models: [{ name: b, source: /b }]".utf8), to: path)
            #expect(watcher.reload())
            #expect(watcher.current.models.models.map(\.name.text) == ["b"])
            try #require(TestFiles.remove(path))
            #expect(!watcher.reload())
            watcher.tick()
            #expect(watcher.current.models.models.map(\.name.text) == ["b"])
            #expect(seen.lines.withLock { $0.last }?.contains("is gone") == true)
        }
    }
}
