import EngineConformance
import EngineInterface
import ServingCore
import Tensors
import Testing

/// The suite that every engine passes, with pipelines written for the occasion.
@Suite struct ConformanceTests {
    @Test(arguments: EngineConformance.Check.allCases)
    func conforms(to check: EngineConformance.Check) throws {
        try Self.withConformance { try $0.run(check) }
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
            try withConformance { try $0.run(check) }
        } catch {
            Issue.record("\(check): \(error)")
        }
    }

    static func withConformance(_ body: (EngineConformance) throws -> Void) throws {
        let directory = try TemporaryDirectory()
        try TinyPipelines.write(to: directory)
        let path = directory.path
        let identity = try Fixture.source(
            path + "/identity", options: ["inputs": .mapping(["x": "vector"])])
        let broken: [(String, ErrorCode, String)] = [
            ("untrained", .modelInvalid, "not trained"), ("cut", .modelInvalid, "at byte"),
            ("text", .modelInvalid, "text"), ("stage_missing", .modelInvalid, "metadata"),
            ("data_missing", .modelInvalid, "part-*.parquet"),
            ("data_damaged", .modelInvalid, "PAR1"), ("python", .modelInvalid, "engine: python"),
            ("nothing", .modelInvalid, "copy the whole directory"),
        ]
        let brokenSources = try broken.map {
            (source: try Fixture.source(path + "/" + $0.0), code: $0.1, word: $0.2)
        }
        let column = try Tensor(
            .float64, try Shape([1 << 18]), values: [Double](repeating: 0.5, count: 1 << 18))
        let slow = (
            source: try Fixture.source(path + "/slow"),
            inputs: [Tensor](repeating: column, count: 10)
        )
        try body(
            EngineConformance(
                engine: Fixture.engine, environment: Fixture.environment,
                models: .init(
                    identity: { $0 == .float64 ? identity : nil }, scalar: nil, slow: slow,
                    broken: brokenSources, large: try Fixture.pipeline("digits_network"))))
        withExtendedLifetime(directory) {}
    }
}
