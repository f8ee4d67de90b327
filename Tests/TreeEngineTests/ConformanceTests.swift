import EngineConformance
import EngineInterface
import ServingCore
import Tensors
import Testing

/// What of the engines' suite fits an engine whose models cannot give their input back: the rest is
/// in this folder's other tests.
@Suite struct ConformanceTests {
    @Test(arguments: [
        EngineConformance.Check.doesNotRunWhatIsAlreadyStopped, .stopsASlowRun,
        .saysWhyALoadFailed, .refusesOptionsThatItDoesNotKnow,
    ])
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
        try directory.write("slow.txt", chain(length: 20_000))
        try directory.write("wide.txt", chain(length: 100, features: 8))
        let wide = try Fixture.source("wide.txt", in: directory.path)
        var broken: [(source: ModelSource, code: ErrorCode, word: String)] = []
        for (index, (bytes, word)) in brokenModels().enumerated() {
            let name = "broken\(index).json"
            try directory.write(name, bytes)
            broken.append((try Fixture.source(name, in: directory.path), .modelInvalid, word))
        }
        broken.append(
            (try Fixture.source("none.json", in: directory.path), .modelInvalid, "has no"))
        // 20,000 steps for each of 4,000,000 rows.
        let rows = 4_000_000
        let input = try Tensor(
            .float64, Shape([rows, 1]), values: [Double](repeating: 1e9, count: rows))
        let conformance = EngineConformance(
            engine: Fixture.engine, environment: Fixture.environment,
            models: .init(
                identity: { $0 == .float64 ? wide : nil }, scalar: nil,
                slow: (try Fixture.source("slow.txt", in: directory.path), [input]),
                broken: broken, large: try Fixture.source("slow.txt", in: directory.path)))
        try body(conformance)
        withExtendedLifetime(directory) {}
    }

    private static func brokenModels() -> [([UInt8], String)] {
        [
            ([], "empty"), (Array("hello".utf8), "neither"), (Array("{}".utf8), "neither"),
            (Array("{\"learner\": {}}".utf8), "booster"),
            (Array("{\"learner\": 5}".utf8), "byte"), (Array("binf".utf8), "ends early"),
            (Array("tree\nversion=v4\n".utf8), "before its trees"),
        ]
    }

    /// A LightGBM model of one tree that is a chain: a row above every threshold visits each split.
    static func chain(length: Int, features: Int = 1) -> [UInt8] {
        func each(_ value: (Int) -> String) -> String {
            (0..<features).map(value).joined(separator: " ") + "\n"
        }
        func line(_ name: String, _ count: Int, _ value: (Int) -> Int) -> String {
            name + "=" + (0..<count).map { String(value($0)) }.joined(separator: " ") + "\n"
        }
        let text =
            "tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nlabel_index=0\n"
            + "max_feature_idx=\(features - 1)\nobjective=regression\n"
            + "feature_names=" + each { "f\($0)" } + "feature_infos=" + each { _ in "[0:1]" }
            + "\nTree=0\nnum_leaves=\(length + 1)\nnum_cat=0\n"
            + line("split_feature", length) { $0 % features } + line("threshold", length) { $0 }
            + line("decision_type", length) { _ in 8 }
            + line("left_child", length) { ~$0 }
            + line("right_child", length) { $0 + 1 < length ? $0 + 1 : ~($0 + 1) }
            + line("leaf_value", length + 1) { $0 } + "\n\nend of trees\n"
        return Array(text.utf8)
    }
}
