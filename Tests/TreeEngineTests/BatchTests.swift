import EngineInterface
import Inference
import ServingCore
import Tensors
import Testing
import TreeEngine

/// Batches are walked by other code than single rows and leaves: not a bit may differ between them.
@Suite struct BatchTests {
    @Test(arguments: Fixture.names)
    func givesTheSameBitsInBatchesOfAnySize(name: String) throws {
        let answers = try Fixture.answers(name)
        let hasLeaves = answers.values("leaf") != nil
        let outputs = "prediction,margin" + (hasLeaves ? ",leaf" : "")
        try Fixture.withModel(name, options: ["outputs": .text(outputs)]) { model, signature in
            let input = try answers.input(signature.inputs[0].elementType)
            let copies = 150 / answers.rows.count + 1
            let many = try Tensor.concatenatingRows(Array(repeating: input, count: copies))
            // Leaves are found row by row, and the margins with them.
            let wanted = try run(model, many, hasLeaves ? [0, 1, 2] : [0, 1])
            let rows = many.shape.dimensions[0]
            for count in [1, 2, 7, 8, 9, 63, 64, 65, 131] {
                let part = try many.splittingRows([count, rows - count])[0]
                for (got, whole) in zip(try run(model, part, [0, 1]), wanted) {
                    let width = whole.count / rows
                    #expect(got == Array(whole.prefix(count * width)), "\(count) rows")
                }
            }
        }
    }

    @Test func acceptsRowsThatAreNotAligned() throws {
        for name in ["xgb_binary.json", "lgb_binary.txt"] {
            let answers = try Fixture.answers(name)
            try Fixture.withModel(name) { model, signature in
                let aligned = try answers.input(signature.inputs[0].elementType)
                let count = aligned.storage.count
                let memory = try TensorMemory.allocate(byteCount: count + 1)
                aligned.storage.withUnsafeBytes {
                    UnsafeMutableRawBufferPointer(rebasing: memory.bytes[1...]).copyMemory(from: $0)
                }
                let odd = try Tensor(
                    aligned.elementType, aligned.shape, memory.freeze().slice(1..<count + 1))
                #expect(try run(model, odd, [0]) == run(model, aligned, [0]), "\(name)")
            }
        }
    }

    @Test func answersManyThreadsAtOnce() async throws {
        for name in ["xgb_binary.json", "lgb_categories.txt"] {
            let answers = try Fixture.answers(name)
            let model = try Fixture.engine.load(Fixture.source(name), Fixture.environment)
            let type = model.declaration.signatures[0].inputs[0].elementType
            let input = try answers.input(type)
            let row = try input.splittingRows([1, answers.rows.count - 1])[0]
            let wanted = try (run(model, input, [0]), run(model, row, [0]))
            let wrong = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        var wrong = 0
                        for _ in 0..<50 {
                            if try run(model, input, [0]) != wanted.0 { wrong += 1 }
                            if try run(model, row, [0]) != wanted.1 { wrong += 1 }
                        }
                        return wrong
                    }
                }
                return try await group.reduce(0, +)
            }
            #expect(wrong == 0, "\(name)")
            model.unload()
        }
    }

    @Test func unloadsTwiceAndThenRefusesRuns() throws {
        let answers = try Fixture.answers("xgb_binary.json")
        let model = try Fixture.engine.load(
            Fixture.source("xgb_binary.json"), Fixture.environment)
        let input = try answers.input(.float32)
        _ = try run(model, input, [0])
        model.unload()
        model.unload()
        #expect(throws: ServingError.self) { try run(model, input, [0]) }
    }
}

/// The bits of the outputs of a run.
private func run(
    _ model: any LoadedModel, _ input: Tensor, _ outputs: [Int]
) throws -> [[UInt64]] {
    try model.run(
        signature: model.declaration.signatures[0], inputs: [input], outputIndices: outputs,
        cancellation: RunCancellation()
    ).map { $0.numbers.map(\.bitPattern) }
}
