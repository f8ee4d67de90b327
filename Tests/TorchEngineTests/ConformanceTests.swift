import EngineConformance
import EngineInterface
import ServingCore
import Tensors
import Testing

/// The suite that every engine passes, with libtorch.
@Suite struct ConformanceTests {
    @Test(arguments: EngineConformance.Check.allCases)
    func conforms(to check: EngineConformance.Check) throws {
        try Identities.make().conformance(large: nil).run(check)
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
            try Identities.make().conformance(large: try Fixture.source("large")).run(check)
        } catch {
            Issue.record("\(check): \(error)")
        }
    }
}

/// The identity model with notes for each type: one file serves them all.
struct Identities {
    private let sources: [ElementType: ModelSource]
    private let scalar: ModelSource
    /// Kept as long as the sources are used.
    private let directories: [TemporaryDirectory]

    /// Writes the copies.
    static func make() throws -> Identities {
        var sources: [ElementType: ModelSource] = [:]
        var directories: [TemporaryDirectory] = []
        for type in ElementType.allCases where type != .bytes {
            let directory = try copy(type, shape: "[-1, -1]")
            sources[type] = try Fixture.source(directory: directory.path)
            directories.append(directory)
        }
        let scalar = try copy(.float32, shape: "[]")
        directories.append(scalar)
        return Identities(
            sources: sources, scalar: try Fixture.source(directory: scalar.path),
            directories: directories)
    }

    private static func copy(_ type: ElementType, shape: String) throws -> TemporaryDirectory {
        let value = "{name: x, type: \(type), shape: \(shape)}"
        let output = "{name: y, type: \(type), shape: \(shape)}"
        return try Fixture.copy(
            of: "identity", notes: "inputs:\n  - \(value)\noutputs:\n  - \(output)\n")
    }

    /// The suite with these models.
    func conformance(large: ModelSource?) throws -> EngineConformance {
        let broken: [(String, ErrorCode, String)] = [
            ("state_dict.pt", .modelInvalid, "load_state_dict(torch.load(\"model.pt\"))"),
            ("checkpoint.pt", .modelInvalid, "checkpoint[\"model\"]"),
            ("eager.pt", .modelInvalid, "torch.jit.script(model).save"),
            ("legacy.pt", .modelInvalid, "an old file of torch.save"),
            ("exported.pt2", .modelInvalid, "aoti_compile_and_package"),
            ("truncated.pt", .modelInvalid, "cut short"), ("empty.pt", .modelInvalid, "empty"),
            ("text.pt", .modelInvalid, "not a file of PyTorch"),
            ("other_zip.pt", .modelInvalid, "not of PyTorch"),
            ("bad_code.pt", .modelInvalid, "PyTorch 2.13"),
            ("unknown_op.pt", .modelInvalid, "rulu"),
            ("no_such_file.pt", .modelInvalid, "no_such_file.pt"),
        ]
        let sources = sources
        let directories = directories
        return EngineConformance(
            engine: Fixture.engine, environment: Fixture.environment,
            models: .init(
                identity: { type in
                    withExtendedLifetime(directories) { sources[type] }
                },
                scalar: scalar,
                slow: (
                    try Fixture.source("slow"),
                    [try Fixture.tensor(.int64, [1], [4_000_000_000 as Int64])]
                ),
                broken: try broken.map { (try Fixture.bad($0.0), $0.1, $0.2) }, large: large))
    }
}
