import BuiltinEngine
import EngineInterface
import Glibc
import Inference
import ServingCore
import Tensors
import Testing

@Suite struct BuiltinModelTests {
    private let environment = EngineEnvironment(budget: CPUBudget(processors: 2))

    private func withModel(_ text: String, _ body: (any LoadedModel) throws -> Void) throws {
        let folder = try DescriptionFolder()
        let model = try BuiltinEngine().load(folder.source(text), environment)
        defer { model.unload() }
        try body(model)
    }

    private func run(_ model: any LoadedModel, _ inputs: [Tensor]) throws -> [Tensor] {
        let signature = model.declaration.signatures[0]
        return try model.run(
            signature: signature, inputs: inputs, outputIndices: Array(signature.outputs.indices),
            cancellation: RunCancellation())
    }

    @Test func computesHalfPlusTwo() throws {
        try withModel("kind: half_plus_two") { model in
            let signature = model.declaration.signatures[0]
            #expect(signature.inputs.map(\.name) == ["x"])
            #expect(signature.outputs.map(\.name) == ["y"])
            #expect(model.declaration.platform == "slipway_builtin")
            let input = try Tensor(.float32, .vector(3), values: [1, 2, 5] as [Float])
            let values = try run(model, [input])[0].values(as: Float.self)
            #expect(values == [2.5, 3, 4.5])
        }
        try withModel("kind: half_plus_two\ntype: FP64\nshape: [-1, 1]") { model in
            let input = try Tensor(.float64, Shape([1, 1]), values: [3.0])
            let values = try run(model, [input])[0].values(as: Double.self)
            #expect(values == [3.5])
        }
    }

    @Test func echoesSeveralInputs() throws {
        try withModel("kind: identity\ntype: FP32, INT64") { model in
            let signature = model.declaration.signatures[0]
            #expect(signature.inputs.map(\.name) == ["x0", "x1"])
            #expect(signature.outputs.map(\.elementType) == [.float32, .int64])
            let outputs = try run(
                model,
                [
                    Tensor(.float32, .vector(1), values: [1.5 as Float]),
                    Tensor(.int64, .vector(1), values: [7 as Int64]),
                ])
            #expect(outputs[1].values(as: Int64.self) == [7])
        }
    }

    @Test func failsEveryThirdRun() throws {
        try withModel("kind: faulty\nfail: every:3") { model in
            let input = try Tensor.zeros(.float32, .vector(1))
            let works = (0..<6).map { _ in (try? run(model, [input])) != nil }
            #expect(works == [true, true, false, true, true, false])
        }
    }

    @Test func declaresBatchingAndConcurrencyAsDescribed() throws {
        try withModel("kind: identity\nbatch: off\nconcurrency: 7") { model in
            #expect(model.concurrencyMaximum == 7)
            #expect(model.declaration.signatures[0].batching != .leadingDimension)
        }
        try withModel("kind: identity") { model in
            #expect(model.concurrencyMaximum == 2)
            #expect(model.declaration.signatures[0].batching == .leadingDimension)
        }
    }

    @Test func waitsAsLongAsDescribed() throws {
        try withModel("kind: delay\ndelay: 1ms\ndelay_per_row: 1ms") { model in
            let start = MonotonicTime.now()
            _ = try run(model, [.zeros(.float32, .vector(4))])
            // A wait is never shorter; how much longer, the machine decides.
            #expect(MonotonicTime.now().nanoseconds(since: start) >= 5_000_000)
        }
    }

    @Test func recognisesItsFile() throws {
        let folder = try DescriptionFolder()
        let recognition = try BuiltinEngine().recognise(folder.source("kind: identity").files)
        #expect(recognition?.entry == "model.builtin")
        let other = try BuiltinEngine().recognise(folder.source(nil).files)
        #expect(other == nil)
    }

    @Test(.timeLimit(.minutes(1))) func refusesANamedPipeInsteadOfWaitingForItsWriter() throws {
        let folder = try DescriptionFolder()
        let source = try folder.source(nil)
        #expect(mkfifo(source.entryPath, 0o600) == 0)
        let error = #expect(throws: ServingError.self) {
            _ = try BuiltinEngine().load(
                source, EngineEnvironment(budget: CPUBudget(processors: 1)))
        }
        #expect(error?.code == .fileUnreadable)
        #expect(error?.message.contains("not a regular file") == true)
    }
}
