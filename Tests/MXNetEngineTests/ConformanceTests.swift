import EngineConformance
import EngineInterface
import MXNetEngine
import ServingCore
import Tensors
import Testing

/// The suite that every engine passes, with MXNet.
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
            // One lane: what the allocator keeps, it keeps for each thread that makes predictors.
            try withConformance(processors: 1) { try $0.run(check) }
        } catch {
            Issue.record("\(check): \(error)")
        }
    }

    static func withConformance(
        processors: Int = 2, _ body: (EngineConformance) throws -> Void
    ) throws {
        let broken = try BrokenModels()
        let large = try TemporaryDirectory()
        try LargeNetwork.write(into: large, rows: 2048, columns: 2048)
        let side = 512
        let slow = try Fixture.source(
            "slow", options: ["inputs": .mapping(["data": "[\(side),\(side)]"])])
        let matrix = try Tensor(
            .float32, Shape([side, side]), values: [Float](repeating: 0.001, count: side * side))
        let conformance = EngineConformance(
            engine: Fixture.engine,
            environment: EngineEnvironment(
                budget: CPUBudget(processors: processors),
                libraryDirectories: Fixture.environment.libraryDirectories),
            models: .init(
                identity: { identity($0) }, scalar: nil, slow: (slow, [matrix]),
                broken: broken.sources, large: try Fixture.source(directory: large.path)))
        try body(conformance)
        withExtendedLifetime((broken, large)) {}
    }

    /// Types of which MXNet 1.9 copies arrays in and out.
    private static func identity(_ type: ElementType) -> ModelSource? {
        let names: [ElementType: String] = [
            .float32: "float32", .float64: "float64", .float16: "float16", .uint8: "uint8",
            .int32: "int32", .int8: "int8", .int64: "int64",
        ]
        return names[type].flatMap { try? Fixture.identity($0) }
    }
}

/// A network y = x * weights of any size, written field by field.
enum LargeNetwork {
    static func write(into directory: TemporaryDirectory, rows: Int, columns: Int) throws {
        try directory.write(
            "large-symbol.json",
            """
            {"nodes": [{"op": "null", "name": "data", "inputs": []},
            {"op": "null", "name": "w", "inputs": []},
            {"op": "FullyConnected", "name": "fc", "inputs": [[0, 0, 0], [1, 0, 0]],
            "attrs": {"no_bias": "True", "num_hidden": "\(rows)"}}],
            "arg_nodes": [0, 1], "heads": [[2, 0, 0]]}
            """)
        let values = (0..<rows * columns).map { Float($0 % 251) / 251 }
        try directory.write(
            "large-0000.params", ArrayList.bytes([("arg:w", [rows, columns], values)]))
    }
}

/// Writes `.params` files.
enum ArrayList {
    static func bytes(_ arrays: [(name: String, shape: [Int], values: [Float])]) -> [UInt8] {
        var result = word(0x112) + word(0) + word(arrays.count)
        for array in arrays {
            result += half(0xF993_FAC9) + half(0) + half(array.shape.count)
            for extent in array.shape { result += word(extent) }
            result += half(1) + half(0) + half(0)
            result += array.values.withUnsafeBytes { Array($0) }
        }
        result += word(arrays.count)
        for array in arrays { result += word(array.name.utf8.count) + Array(array.name.utf8) }
        return result
    }

    static func word(_ value: Int) -> [UInt8] {
        withUnsafeBytes(of: UInt64(value).littleEndian) { Array($0) }
    }

    static func half(_ value: Int) -> [UInt8] {
        withUnsafeBytes(of: UInt32(value).littleEndian) { Array($0) }
    }
}
