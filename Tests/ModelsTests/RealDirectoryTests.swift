import EngineInterface
import Glibc
import Inference
import Logging
import ServingCore
import Synchronization
import TestSupport
import Testing

@testable import Models

/// A manager over real directories and, unless told otherwise, real inotify and the real clock; it
/// would poll only once an hour, so that what the tests wait for must have been announced.
private func realManager(
    _ recorder: Recorder, _ engine: FakeEngine, poll: Duration = .seconds(3600),
    watches: Bool = true
) throws -> ModelManager {
    var dependencies = ModelManagerDependencies(
        engines: [engine], environment: EngineEnvironment(budget: CPUBudget(processors: 1)),
        factory: DirectFactory(), warmUpReader: FakeWarmUps(), observer: RecordingObserver(),
        logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    dependencies.events = recorder
    var settings = ModelManagerSettings()
    settings.settlePeriod = .milliseconds(20)
    settings.scanPauseMinimum = .milliseconds(1)
    settings.watchedPollInterval = poll
    settings.pollInterval = poll
    settings.watchesDirectories = watches
    let manager = ModelManager(dependencies, settings: settings)
    try manager.start()
    return manager
}

private func model(_ path: String) throws -> AspiredState {
    AspiredState(models: [AspiredModel(name: try ModelName("m"), baseDirectory: path)])
}

private func isAvailable(_ manager: ModelManager, _ version: Int64) -> Bool {
    guard let name = try? ModelName("m") else { return false }
    return manager.modelStatus(of: name)?.versions.first {
        $0.version.number == version
    }?.state == .available
}

@Test(.timeLimit(.minutes(2)))
func inotifyTellsOfNewRemovedAndReplacedVersions() async throws {
    let directory = TemporaryDirectory()
    let recorder = Recorder()
    let engine = FakeEngine()
    let manager = try realManager(recorder, engine)
    // Not even the base directory is there yet.
    try manager.apply(try model(directory.path + "/base"))
    directory.make("base")
    directory.make("base/1")
    directory.write("base/1/model.fake", "one")
    await recorder.until { isAvailable(manager, 1) }

    directory.make("base/2.tmp")
    directory.write("base/2.tmp/model.fake", "two")
    directory.move("base/2.tmp", "base/2")
    await recorder.until { recorder.lines.contains("m/1 END") }
    #expect(isAvailable(manager, 2))

    directory.write("base/2/model.fake", "two, again")
    await recorder.until { recorder.lines.contains("m/2 END") }
    #expect(isAvailable(manager, 2))

    directory.remove("base/2")
    await recorder.until { isAvailable(manager, 1) && !isAvailable(manager, 2) }

    // The whole base directory goes and comes back: what is loaded stays until then.
    directory.move("base", "away")
    await recorder.until {
        (try? ModelName("m")).flatMap { manager.modelStatus(of: $0) }?.reason.contains("cannot")
            ?? false
    }
    #expect(isAvailable(manager, 1))
    directory.make("base")
    directory.make("base/5")
    directory.write("base/5/model.fake", "five")
    await recorder.until { isAvailable(manager, 5) && !isAvailable(manager, 1) }
    #expect(manager.stop(timeout: .seconds(60)))
    #expect(engine.loaded == 0)
}

/// Kubernetes mounts a volume as links to `..data/...` and swaps `..data` as a whole.
@Test(.timeLimit(.minutes(2)))
func aSwappedLinkIsANewVersionOfTheFiles() async throws {
    let directory = TemporaryDirectory()
    let recorder = Recorder()
    let engine = FakeEngine()
    let manager = try realManager(recorder, engine)
    for generation in ["..one", "..two"] {
        directory.make(generation)
        directory.make(generation + "/m")
        directory.make(generation + "/m/1")
        directory.write(generation + "/m/1/model.fake", generation)
    }
    directory.link("..data", to: "..one")
    directory.link("m", to: "..data/m")
    try manager.apply(try model(directory.path + "/m"))
    await recorder.until { isAvailable(manager, 1) }
    directory.link("..next", to: "..two")
    directory.move("..next", "..data")
    await recorder.until { recorder.lines.contains("m/1 END") }
    #expect(isAvailable(manager, 1))
    #expect(engine.loads.count == 2)
    #expect(manager.stop(timeout: .seconds(60)))
}

@Test(.timeLimit(.minutes(2)))
func withoutWatchesDirectoriesArePolled() async throws {
    let directory = TemporaryDirectory()
    let recorder = Recorder()
    let manager = try realManager(
        recorder, FakeEngine(), poll: .milliseconds(5), watches: false)
    directory.make("base")
    try manager.apply(try model(directory.path + "/base"))
    directory.make("base/1")
    directory.write("base/1/model.fake", "one")
    await recorder.until { isAvailable(manager, 1) }
    #expect(manager.stop(timeout: .seconds(60)))
}

@Test func fingerprintsFollowLinksAndLeaveOutHiddenFiles() throws {
    let directory = TemporaryDirectory()
    directory.make("real")
    directory.write("real/model.fake", "content")
    directory.write("real/.hidden", "x")
    directory.make("real/__pycache__")
    directory.write("real/__pycache__/a.pyc", "x")
    directory.make("real/variables")
    directory.write("real/variables/data", "12345")
    directory.link("1", to: "real")
    directory.link("2", to: "nowhere")
    directory.age("real/model.fake")
    let system = SystemFileSystem()
    let entries = try system.entries(of: directory.path)
    #expect(
        Set(entries) == [DirectoryEntry("real"), DirectoryEntry("1")])
    let fingerprint = try system.fingerprint(of: directory.path + "/1")
    #expect(fingerprint.files.map(\.name) == ["model.fake", "variables/data"])
    #expect(fingerprint.files.map(\.byteCount) == [7, 5])
    #expect(fingerprint.subdirectories == ["variables"])
    // The time of content was set back; the time of attributes tells when that was done.
    #expect(fingerprint.latestChange > system.wallClockNanoseconds() - 3_000_000_000_000)
    #expect(fingerprint.files[0].modified < fingerprint.latestChange)
    let error = failure { try system.entries(of: directory.path + "/none") }
    #expect(error?.code == .fileUnreadable)
    #expect(error?.message.contains("No such file or directory") ?? false)
}

/// Each of the links leads to the directory itself, so that the paths multiply with the depth.
@Test(.timeLimit(.minutes(1))) func linksThatLeadBackAreNotFollowedForEver() {
    let directory = TemporaryDirectory()
    directory.make("1")
    directory.write("1/model.fake", "content")
    for number in 0..<30 { directory.link("1/\(number)", to: ".") }
    let error = failure { try SystemFileSystem().fingerprint(of: directory.path + "/1") }
    #expect(error?.code == .modelInvalid)
    #expect(error?.message.contains("links that lead back") ?? false)
}
