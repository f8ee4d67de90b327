import EngineConformance
import EngineInterface
import Glibc
import ONNXEngine
import ServingCore
import Tensors
import Testing
import WorkerProcess

/// The suite that every engine passes, with ONNX Runtime.
@Suite struct ConformanceTests {
    @Test(arguments: EngineConformance.Check.allCases)
    func conforms(to check: EngineConformance.Check) throws {
        try Self.conformance(large: nil).run(check)
    }

    /// A framework behind a process's walls is held to the same.
    @Test(.timeLimit(.minutes(10)), arguments: EngineConformance.Check.allCases)
    func conformsInAWorker(to check: EngineConformance.Check) throws {
        let tests = try #require(realpath("/proc/self/exe", nil).map { String(cString: $0) })
        let directory = tests.split(separator: "/").dropLast().joined(separator: "/")
        let isolated = IsolatedEngine(Fixture.engine, executable: "/\(directory)/slipway")
        try Self.conformance(isolated, large: nil).run(check)
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
            try withLargeModel { try conformance(large: $0).run(check) }
        } catch {
            Issue.record("\(check): \(error)")
        }
    }

    static func conformance(_ engine: any Engine = Fixture.engine, large: ModelSource?) throws
        -> EngineConformance
    {
        var broken: [(String, ErrorCode, String)] = [
            ("bad_opset", .modelInvalid, "operator set 999"), ("bad_ir", .modelInvalid, "999"),
            ("bad_type", .modelInvalid, "different types"),
            ("unknown_op", .modelInvalid, "com.example:Frobnicate"),
            ("truncated", .modelInvalid, "cut short"), ("empty", .modelInvalid, "empty"),
            ("text", .modelInvalid, "text"), ("zip_named", .modelInvalid, "zip"),
            ("map_input", .modelInvalid, "input 'x' is a map"),
            ("external_data_missing", .modelInvalid, "missing.bin"),
            ("external_data_escape", .modelInvalid, "outside the version directory"),
        ]
        // A worker lists the directory anew, and finds all the other fixtures there.
        if engine is ONNXEngine {
            broken.append(("no_such_file", .fileUnreadable, "No such file"))
        }
        return EngineConformance(
            engine: engine, environment: Fixture.environment,
            models: .init(
                identity: { Fixture.source("identity_" + fileName(of: $0)) },
                scalar: Fixture.source("scalar"),
                slow: (
                    Fixture.source("loop_slow"),
                    [try Fixture.tensor(.int64, [1], [4_000_000_000 as Int64])]
                ),
                broken: broken.map { (Fixture.source($0.0), $0.1, $0.2) }, large: large))
    }

    /// ONNX's names of the types, which the files have.
    private static func fileName(of type: ElementType) -> String {
        switch type {
        case .float32: "float"
        case .float64: "double"
        case .bytes: "string"
        case .float16: "float16"
        case .bfloat16: "bfloat16"
        default: type.openInferenceName.lowercased()
        }
    }

    /// A model with 16 MB of weights, written for the occasion.
    static func withLargeModel(_ body: (ModelSource) throws -> Void) throws {
        let directory = try TemporaryDirectory()
        try directory.write("model.onnx", LargeModel.bytes(rows: 2048, columns: 2048))
        try body(try Fixture.source(directory: directory.path))
        withExtendedLifetime(directory) {}
    }
}
