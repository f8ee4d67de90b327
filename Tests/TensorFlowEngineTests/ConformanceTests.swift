import EngineConformance
import EngineInterface
import ServingCore
import TensorFlowEngine
import Tensors
import Testing

/// The suite that every engine passes, with TensorFlow.
@Suite struct ConformanceTests {
    @Test(arguments: EngineConformance.Check.allCases)
    func conforms(to check: EngineConformance.Check) throws {
        try Self.conformance(large: nil).run(check)
    }

    @Test func takesNoMoreMemoryThanEstimated() async {
        await #expect(processExitsWith: .success) {
            ConformanceTests.runAlone(.takesNoMoreMemoryThanEstimated)
        }
    }

    @Test func givesMemoryBackAfterManyLoads() async {
        await #expect(processExitsWith: .success) {
            ConformanceTests.runAlone(.givesMemoryBackAfterManyLoads)
        }
    }

    @Test func leavesNothingBehindAfterFailedLoads() async {
        await #expect(processExitsWith: .success) {
            ConformanceTests.runAlone(.leavesNothingBehindAfterFailedLoads)
        }
    }

    @Test func doesNotGrowOverManyRuns() async {
        await #expect(processExitsWith: .success) {
            ConformanceTests.runAlone(.doesNotGrowOverManyRuns)
        }
    }

    /// In a process of its own; a failure is recorded there, with its words.
    static func runAlone(_ check: EngineConformance.ResourceCheck) {
        do {
            let directory = try TemporaryDirectory()
            try directory.write("saved_model.pb", LargeModel.bytes(rows: 2048, columns: 2048))
            try conformance(large: directory.source()).run(check)
        } catch {
            Issue.record("\(check): \(error)")
        }
    }

    static func conformance(large: ModelSource?) throws -> EngineConformance {
        let broken: [(String, ErrorCode, String)] = [
            ("no_signature", .modelInvalid, "no signature"),
            ("unknown_op", .modelInvalid, "operator Frobni"),
            ("tagged", .modelInvalid, "'train', 'serve,gpu'"),
        ]
        // TensorFlow cannot be told to stop, so the time of a run is bounded instead: long enough
        // for the other thread of a check to get its turn on a busy machine.
        let slow: [String: EngineOptions.Value] = [
            "run_timeout_ms": .integer(4000), "inter_op_threads": .integer(1),
        ]
        return EngineConformance(
            engine: Fixture.engine, environment: Fixture.environment,
            models: .init(
                identity: { try? Fixture.source("identity_" + fileName(of: $0)) },
                scalar: try Fixture.source("scalar"),
                slow: (
                    try Fixture.source("slow", options: slow),
                    [try Tensor(.int64, Shape([1]), values: [1 as Int64])]
                ),
                broken: try broken.map { (try Fixture.source($0.0), $0.1, $0.2) }, large: large))
    }

    /// TensorFlow's names of the types, which the folders have.
    private static func fileName(of type: ElementType) -> String {
        switch type {
        case .float16: "float16"
        case .bfloat16: "bfloat16"
        case .float32: "float32"
        case .float64: "float64"
        case .bytes: "string"
        default: type.openInferenceName.lowercased()
        }
    }
}
