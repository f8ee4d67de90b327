import EngineConformance
import EngineInterface
import ServingCore
import Tensors
import Testing

/// The suite that every engine passes, with `model.py` in a real Python.
///
/// Of the checks of memory only the one of many runs is made: a load starts a Python process, and
/// what hundreds of these leave behind is tried where workers are (`WorkerProcessTests`).
@Suite struct ConformanceTests {
    @Test(arguments: EngineConformance.Check.allCases)
    func conforms(to check: EngineConformance.Check) throws {
        let models = try ConformanceModels()
        try models.conformance.run(check)
        withExtendedLifetime(models) {}
    }

    @Test func doesNotGrowOverManyRuns() async {
        await #expect(processExitsWith: .success) {
            do {
                let models = try ConformanceModels()
                try models.conformance.run(.doesNotGrowOverManyRuns)
                withExtendedLifetime(models) {}
            } catch {
                Issue.record("\(error)")
            }
        }
    }
}

/// The models that the suite wants, in directories that live as long as this.
private struct ConformanceModels {
    private let identities: [ElementType: TemporaryDirectory]
    private let scalar: TemporaryDirectory
    private let slow: TemporaryDirectory
    private let broken: [(TemporaryDirectory, ErrorCode, String)]
    private let refused: TemporaryDirectory
    let conformance: EngineConformance

    init() throws {
        var identities: [ElementType: TemporaryDirectory] = [:]
        for type in ElementType.allCases {
            identities[type] = try PythonModels.directory(PythonModels.identity("\(type)"))
        }
        let identity = try identities.mapValues { try PythonModels.source($0) }
        let scalar = try PythonModels.directory(
            """
            class Model:
                inputs = [("x", "float32", [])]
                outputs = [("y", "float32", [])]
                def predict(self, inputs): return inputs["x"] * 2
            """)
        let slow = try PythonModels.directory(
            """
            import time
            class Model:
                inputs = [("x", "float32", [None])]
                outputs = [("y", "float32", [None])]
                def predict(self, inputs):
                    time.sleep(3600)
            """)
        let broken: [(TemporaryDirectory, ErrorCode, String)] = [
            (try PythonModels.directory("raise ValueError('no luck')"), .modelInvalid, "no luck"),
            (try PythonModels.directory("import no_such_package"), .libraryMissing, "no_such"),
            (try PythonModels.directory("import os; os._exit(9)"), .workerFailed, "9"),
            (try PythonModels.directory(""), .modelInvalid, "empty"),
        ]
        let refused = try PythonModels.directory("raise ValueError('it ran')")
        let refusal = (
            source: try PythonModels.source(refused, options: [:]),
            code: ErrorCode.configurationInvalid, word: "allow_code"
        )
        (self.identities, self.scalar, self.slow) = (identities, scalar, slow)
        (self.broken, self.refused) = (broken, refused)
        conformance = EngineConformance(
            engine: PythonModels.engine, environment: PythonModels.environment,
            models: .init(
                identity: { identity[$0] }, scalar: try PythonModels.source(scalar),
                slow: (
                    try PythonModels.source(slow),
                    [try Tensor(.float32, Shape([1]), values: [1 as Float])]
                ),
                broken: try broken.map { (try PythonModels.source($0.0), $0.1, $0.2) } + [refusal],
                large: nil))
    }
}
