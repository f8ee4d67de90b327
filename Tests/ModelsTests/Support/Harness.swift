import EngineInterface
import Inference
import Logging
import Models
import ServingCore
import Synchronization
import Tensors
import TestSupport

/// A manager over fakes, with a clock that a test moves.
final class Harness: Sendable {
    let fileSystem = FakeFileSystem()
    let engine = FakeEngine()
    let factory = DirectFactory()
    let clock = ManualClock()
    let observer = RecordingObserver()
    let recorder = Recorder()
    let memory = FakeMemory()
    let warmUps = FakeWarmUps()
    let manager: ModelManager

    init(_ adjust: (inout ModelManagerSettings) -> Void = { _ in }, engines: [any Engine] = [])
        throws
    {
        var dependencies = ModelManagerDependencies(
            engines: [engine] + engines,
            environment: EngineEnvironment(budget: CPUBudget(processors: 1)), factory: factory,
            warmUpReader: warmUps, observer: observer,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        dependencies.clock = clock
        dependencies.fileSystem = fileSystem
        dependencies.memory = memory
        dependencies.events = recorder
        var settings = ModelManagerSettings()
        settings.watchesDirectories = false
        // The clock stands still: a pause would never end by itself.
        settings.scanPauseMinimum = .zero
        adjust(&settings)
        manager = ModelManager(dependencies, settings: settings)
        try manager.start()
    }

    deinit {
        _ = manager.stop(timeout: .seconds(30))
    }

    /// Moves the clock and lets the manager see it.
    func advance(_ duration: Duration) {
        clock.advance(by: duration)
        manager.clockMoved()
    }

    func state(_ model: String, _ version: Int64) -> VersionState? {
        status(model, version)?.state
    }

    func status(_ model: String, _ version: Int64) -> VersionStatus? {
        guard let name = try? ModelName(model) else { return nil }
        return manager.modelStatus(of: name)?.versions.first { $0.version.number == version }
    }

    func reason(_ model: String) -> String {
        (try? ModelName(model)).flatMap { manager.modelStatus(of: $0)?.reason } ?? ""
    }

    /// Waits until the version has the state.
    func until(_ model: String, _ version: Int64, _ state: VersionState) async {
        await recorder.until { self.state(model, version) == state }
    }

    /// Waits until the version's reason holds the words.
    func until(_ model: String, _ version: Int64, says words: String) async {
        await recorder.until { self.status(model, version)?.reason.contains(words) ?? false }
    }

    /// Puts a version there while serving, and lets it settle.
    func appear(_ model: String, _ version: Int64) async {
        fileSystem.put("/m/\(model)", "\(version)")
        manager.filesChanged(in: "/m/\(model)")
        await until(model, version, says: "still changing")
        advance(.seconds(1))
    }

    /// What the latest version answers; the version's number when all is well.
    func predict(_ selector: ModelSelector) throws -> Float {
        try Self.predict(manager.acquire(selector))
    }

    static func predict(_ lease: ModelLease) throws -> Float {
        let input = try Tensor(.float32, Shape([1, 2]), values: [Float(0), 0])
        let result = Mutex<Result<InferenceResponse, ServingError>?>(nil)
        lease.servable.submit(InferenceRequest(inputs: [NamedTensor("x", input)])) { answer in
            result.withLock { $0 = answer }
        }
        let answer = result.withLock { $0 }
        let values: [Float]? = try answer?.get().outputs.first?.tensor.values()
        return values?.first ?? .nan
    }
}

/// Free memory as a test sets it.
final class FakeMemory: MemoryProbe {
    private let free = Mutex(Int.max)

    func set(_ bytes: Int) { free.withLock { $0 = bytes } }
    func availableBytes() -> Int { free.withLock { $0 } }
}

/// Recorded requests as a test sets them.
final class FakeWarmUps: WarmUpReader {
    private let recorded = Mutex([InferenceRequest]())

    func set(_ requests: [InferenceRequest]) { recorded.withLock { $0 = requests } }

    func requests(in files: ModelFiles, metadata: ModelMetadata) throws(ServingError)
        -> [InferenceRequest]
    {
        recorded.withLock { $0 }
    }
}

/// A wanted model in `/m/<name>`.
func aspire(_ name: String, _ adjust: (inout AspiredModel) throws -> Void = { _ in }) throws
    -> AspiredModel
{
    var model = AspiredModel(name: try ModelName(name), baseDirectory: "/m/\(name)")
    try adjust(&model)
    return model
}

func latest(_ name: String) throws -> ModelSelector { ModelSelector(try ModelName(name)) }

func identity(_ name: String, _ version: Int64) throws -> ModelIdentity {
    ModelIdentity(try ModelName(name), ModelVersion(version))
}

/// The error that a call throws; nil when it throws none.
func failure<Value>(_ body: () throws -> Value) -> ServingError? {
    do {
        _ = try body()
        return nil
    } catch {
        return error as? ServingError
    }
}
