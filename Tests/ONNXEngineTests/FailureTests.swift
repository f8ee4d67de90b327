import EngineInterface
import Inference
import ONNXEngine
import ServingCore
import Tensors
import Testing

@Suite struct FailureTests {
    @Test func saysThatTheInputIsAtFault() throws {
        let index = try Fixture.tensor(.int64, [1], [9] as [Int64])
        let error = #expect(throws: ServingError.self) {
            _ = try Fixture.run("runtime_error", [index])
        }
        #expect(error?.code == .invalidTensor)
        #expect(
            error?.message
                == "a Gather node: indices element out of data bounds, idx=9 must be within the "
                + "inclusive range [-4,3]")
    }

    @Test func saysWhatTheEngineCouldNotDo() throws {
        let a = try Fixture.tensor(.float32, [3], [1, 2, 3] as [Float])
        let b = try Fixture.tensor(.float32, [2], [1, 2] as [Float])
        let error = #expect(throws: ServingError.self) { _ = try Fixture.run("divide", [a, b]) }
        #expect(error?.code == .engineFailed)
        #expect(
            error?.message
                == "a Div node: Attempting to broadcast an axis by a dimension other than 1. 2 by 3"
        )
    }

    @Test func saysThatMemoryRanOut() throws {
        let shape = try Fixture.tensor(.int64, [2], [1 << 40, 1 << 10] as [Int64])
        let error = #expect(throws: ServingError.self) {
            _ = try Fixture.run("big_output", [shape])
        }
        #expect(error?.code == .resourceExhausted, "\(String(describing: error))")
    }

    @Test func runsAgainAfterAFailure() throws {
        try Fixture.withModel("runtime_error") { model, signature in
            func run(_ index: Int64) throws -> [Float] {
                try model.run(
                    signature: signature, inputs: [Fixture.tensor(.int64, [1], [index])],
                    outputIndices: [0], cancellation: RunCancellation()
                )[0].values()
            }
            for _ in 0..<3 {
                #expect(throws: ServingError.self) { _ = try run(4) }
                let values = try run(3)
                #expect(values == [40])
            }
        }
    }

    /// Inputs that a caller should have refused: an error, and never a crash.
    @Test func survivesInputsThatWereNotBound() throws {
        let wrong: [[Tensor]] = [
            [], [try .zeros(.int64, Shape([1, 4]))], [try .zeros(.float32, Shape([4]))],
            [try .zeros(.float32, Shape([1, 5]))], [try .zeros(.bytes, Shape([1, 4]))],
            [try .zeros(.float32, Shape([1, 4])), try .zeros(.float32, Shape([1, 4]))],
        ]
        for inputs in wrong {
            #expect(throws: ServingError.self) { _ = try Fixture.run("linear", inputs) }
        }
    }

    @Test func refusesToRunAfterUnload() throws {
        let model = try Fixture.engine.load(Fixture.source("scalar"), Fixture.environment)
        model.unload()
        let error = #expect(throws: ServingError.self) {
            _ = try model.run(
                signature: model.declaration.signatures[0], inputs: [.zeros(.float32, .scalar)],
                outputIndices: [0], cancellation: RunCancellation())
        }
        #expect(error?.code == .internalError)
    }

    @Test(
        arguments: [
            (["graph_optimisation": .text("all")], "did you mean 'graph_optimization'?"),
            (["graph_optimization": .text("most")], "off, basic, extended, all"),
            (["intra_op_threads": .integer(0)], "from 1 to"),
            (["intra_op_threads": .text("two")], "an integer"),
            (["inter_op_threads": .integer(2)], "execution_mode: parallel"),
            (["cpu_arena": .integer(1)], "true or false"),
            (["session_config": .text("x")], "a mapping"),
        ] as [([String: EngineOptions.Value], String)])
    func refusesWrongOptions(options: [String: EngineOptions.Value], words: String) {
        let error = #expect(throws: ServingError.self) {
            try Fixture.withModel("scalar", options: options) { _, _ in }
        }
        #expect(error?.code == .configurationInvalid)
        #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
    }

    @Test func findsTheLibraryOrSaysHowToInstallIt() {
        switch Fixture.engine.availability(Fixture.environment) {
        case .available(let version, let path):
            #expect(version == "1.31.1")
            #expect(path?.hasSuffix("libonnxruntime.so") == true)
        case .missing(let error):
            Issue.record("run scripts/fetch-deps onnxruntime before the tests: \(error)")
        }
    }

    @Test func refusesALibraryThatIsNotONNXRuntime() throws {
        let directory = try TemporaryDirectory()
        try directory.write("libonnxruntime.so", Array("not a library".utf8))
        let environment = EngineEnvironment(
            budget: CPUBudget(processors: 1), libraryDirectories: [directory.path])
        let error = #expect(throws: ServingError.self) {
            _ = try Fixture.engine.load(Fixture.source("scalar"), environment)
        }
        #expect(error?.code == .libraryMissing)
        #expect(error?.message.contains("slipway engines install onnxruntime") == true)
        withExtendedLifetime(directory) {}
    }
}
