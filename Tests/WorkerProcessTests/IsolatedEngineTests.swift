import BuiltinEngine
import EngineConformance
import EngineInterface
import Glibc
import Inference
import ServingCore
import Synchronization
import Tensors
import Testing

@testable import WorkerProcess

/// Real processes: the suite that every engine passes, and what becomes of workers that die.
@Suite(.serialized) struct IsolatedEngineTests {
    /// The program, built beside the tests.
    static func engine() throws -> IsolatedEngine {
        let tests = try #require(realpath("/proc/self/exe", nil).map { String(cString: $0) })
        let directory = tests.split(separator: "/").dropLast().joined(separator: "/")
        let program = "/\(directory)/slipway"
        try #require(access(program, X_OK) == 0, "\(program) is built with the tests")
        return IsolatedEngine(BuiltinEngine(), executable: program)
    }

    static let environment = EngineEnvironment(budget: CPUBudget(processors: 2))

    @Test(arguments: EngineConformance.Check.allCases)
    func conforms(to check: EngineConformance.Check) throws {
        let folder = try ModelFolder()
        let conformance = EngineConformance(
            engine: try Self.engine(), environment: Self.environment,
            models: .init(
                identity: { try? folder.source("kind: identity\ntype: \($0)\nshape: [-1, -1]\n") },
                scalar: try folder.source("kind: identity\nshape: []\n"),
                slow: (
                    try folder.source("kind: faulty\nfail: hang\n"),
                    [try Tensor(.float32, .vector(1), values: [1 as Float])]
                ),
                broken: [
                    (try folder.source("kind: faulty\nfail: load"), .modelInvalid, "to fail"),
                    (try folder.source("knd: identity"), .modelInvalid, "'kind'"),
                    (try folder.source(nil), .fileUnreadable, "No such file"),
                ], large: nil))
        try conformance.run(check)
        withExtendedLifetime(folder) {}
    }

    private func loaded(_ text: String, _ change: (inout WorkerSettings) -> Void = { _ in }) throws
        -> (any LoadedModel, ModelFolder)
    {
        let folder = try ModelFolder()
        var settings = WorkerSettings.standard
        change(&settings)
        let source = try folder.source(text, worker: settings)
        return (try Self.engine().load(source, Self.environment), folder)
    }

    private func run(_ model: any LoadedModel, _ values: [Float]) throws -> [Float] {
        let signature = model.declaration.signatures[0]
        let tensor = try Tensor(.float32, .vector(values.count), values: values)
        return try model.run(
            signature: signature, inputs: [tensor], outputIndices: [0],
            cancellation: RunCancellation())[0].values()
    }

    /// Waits for a worker to be back; a test that never sees one fails by its time limit.
    private func waitUntilReady(_ model: any LoadedModel) {
        while model.condition != nil { usleep(2000) }
    }

    @Test(.timeLimit(.minutes(2)), arguments: [
        ("crash", "was killed by SIGABRT"), ("exit:9", "ended with exit status 9"),
    ])
    func aRunWhoseWorkerDiesFailsRetryablyAndTheNextWorks(fail: String, words: String) throws {
        let (model, folder) = try loaded("kind: faulty\nfail: \(fail)\nfail_on: 13\n")
        defer { model.unload() }
        #expect(try run(model, [1, 2]) == [1, 2])
        let error = #expect(throws: ServingError.self) { try run(model, [13]) }
        #expect(error?.code == .workerFailed && error?.isRetryable == true)
        #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
        waitUntilReady(model)
        #expect(try run(model, [3]) == [3])
        withExtendedLifetime(folder) {}
    }

    @Test(.timeLimit(.minutes(2)))
    func severalWorkersShareTheRuns() throws {
        let (model, folder) = try loaded("kind: identity\n") { $0.count = 3 }
        defer { model.unload() }
        let group = try #require(model as? WorkerModel)
        #expect(Set(group.workers.compactMap(\.process)).count == 3)
        #expect(group.workers.allSatisfy { $0.state == .ready && $0.residentBytes > 0 })
        for _ in 0..<9 { _ = try run(model, [1]) }
        #expect(group.workers.map(\.runs).reduce(0, +) == 9)
        withExtendedLifetime(folder) {}
    }

    @Test(.timeLimit(.minutes(2)))
    func theConditionTellsOfALossUntilAWorkerIsBack() throws {
        let (model, folder) = try loaded("kind: identity\n")
        defer { model.unload() }
        #expect(model.condition == nil)
        let group = try #require(model as? WorkerModel)
        let process = try #require(group.workers[0].process)
        kill(process, SIGKILL)
        while group.restarts.isEmpty { usleep(1000) }
        #expect(group.restarts == [.signal: 1])
        waitUntilReady(model)
        #expect(group.workers[0].process != process)
        #expect(try run(model, [4]) == [4])
        withExtendedLifetime(folder) {}
    }

    @Test(.timeLimit(.minutes(2)))
    func aModelMayRunInTheServersProcess() throws {
        let (model, folder) = try loaded("kind: half_plus_two\n") { $0.isolation = .inProcess }
        defer { model.unload() }
        #expect(!model.waitsForOthers && !(model is WorkerModel))
        #expect(try run(model, [2]) == [3])
        withExtendedLifetime(folder) {}
    }

    @Test func aModelThatTakesItsProcessDownIsRefusedInTheServer() throws {
        let error = #expect(throws: ServingError.self) {
            _ = try loaded("kind: faulty\nfail: crash\n") { $0.isolation = .inProcess }
        }
        #expect(error?.message.contains("isolation: process") == true)
    }

    @Test(arguments: [
        ("/nowhere/at/all", [], "cannot start /nowhere/at/all"),
        ("/bin/sh", ["-c", "echo last words >&2; exit 5"], "exit status 5; it last said: last words"),
        ("/bin/sh", ["-c", "printf '0123456789012345' >&4; sleep 60"], "broke the protocol"),
    ] as [(String, [String], String)])
    func aWorkerThatIsNoneIsToldWithItsLastWords(
        program: String, arguments: [String], words: String
    ) throws {
        let folder = try ModelFolder()
        let source = try folder.source("kind: identity\n")
        let error = #expect(throws: ServingError.self) {
            _ = try WorkerModel.load(
                WorkerLaunch(executable: program, arguments: arguments), engine: "builtin",
                source: source, environment: Self.environment)
        }
        #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
    }

    @Test(.timeLimit(.minutes(2)))
    func whatAWorkerPrintsReachesTheObserver() throws {
        let observer = Recorder()
        let folder = try ModelFolder()
        let source = try folder.source("kind: identity\nprint: hello from the model\n")
        let model = try Self.engine().load(
            source,
            EngineEnvironment(budget: CPUBudget(processors: 1), workers: observer))
        _ = try run(model, [1])
        model.unload()
        #expect(observer.lines.withLock { $0 } == ["hello from the model"])
        #expect(observer.ended.withLock { $0 } == 1)
        withExtendedLifetime(folder) {}
    }
}

/// Keeps what workers print.
private final class Recorder: WorkerObserver {
    let lines = Mutex<[String]>([])
    let ended = Mutex(0)

    func workerPrinted(_ line: String, by worker: WorkerName) { lines.withLock { $0.append(line) } }

    func workerChanged(_ change: WorkerChange, of worker: WorkerName) {
        if change == .unloaded { ended.withLock { $0 += 1 } }
    }

    func workersLoaded(_ group: any WorkerGroup) {}
}
