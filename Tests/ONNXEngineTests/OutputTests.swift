import EngineInterface
import Inference
import ServingCore
import Tensors
import Testing

@Suite struct OutputTests {
    @Test func computes() throws {
        let input = try Fixture.tensor(.float32, [1, 4], [1, 0, 0, 8] as [Float])
        let outputs = try Fixture.run("linear", [input])
        #expect(outputs[0].values(as: Float.self) == [10, 12.125, 14.25])
    }

    @Test(
        arguments: [
            ("zipmap_int64", [0.25, 0.5, 0.25, 1, 0, 0]),
            // The classes low, mid, high in the order of their names: high, low, mid.
            ("zipmap_string", [0.25, 0.25, 0.5, 0, 1, 0]),
        ] as [(String, [Float])])
    func makesAMatrixOfASequenceOfMaps(name: String, wanted: [Float]) throws {
        let input = try Fixture.tensor(.float32, [2, 3], [0.25, 0.5, 0.25, 1, 0, 0] as [Float])
        let outputs = try Fixture.run(name, [input])
        #expect(outputs[1].shape.dimensions == [2, 3])
        #expect(outputs[1].values(as: Float.self) == wanted)
    }

    @Test func givesLabelsAsTheyAre() throws {
        let input = try Fixture.tensor(.float32, [2, 3], [0.25, 0.5, 0.25, 1, 0, 0] as [Float])
        let numbers = try Fixture.run("zipmap_int64", [input])
        #expect(numbers[0].values(as: Int64.self) == [20, 10])
        let texts = try Fixture.run("zipmap_string", [input])
        #expect(BytesElements.strings(in: texts[0]) == ["mid", "low"])
    }

    @Test func stacksASequenceOfTensors() throws {
        let input = try Fixture.tensor(.float32, [2, 2], [1, 2, 3, 4] as [Float])
        let output = try #require(try Fixture.run("sequence_of_tensors", [input]).first)
        #expect(output.values(as: Float.self) == [1, 2, 3, 4])
        #expect(output.shape.dimensions == [2, 1, 2])
    }

    @Test func givesNoRows() throws {
        let input = try Fixture.tensor(.float32, [1, 2], [-1, 3] as [Float])
        let output = try #require(try Fixture.run("zero_rows", [input]).first)
        #expect(output.shape.dimensions == [0, 2])
    }

    @Test func givesAConstantThatOutlivesTheModel() throws {
        let output = try #require(try Fixture.run("no_inputs", []).first)
        // What else is loaded and unloaded must not change it.
        for _ in 0..<20 { _ = try Fixture.run("no_inputs", []) }
        #expect(output.values(as: Float.self) == [42])
    }

    @Test func givesNaNInfinityAndNegativeZero() throws {
        let a = try Fixture.tensor(.float32, [4], [1, -1, 0, -0.0] as [Float])
        let b = try Fixture.tensor(.float32, [4], [0, 0, 0, 1] as [Float])
        let values = try Fixture.run("divide", [a, b])[0].values(as: Float.self)
        #expect(values[0] == .infinity && values[1] == -.infinity && values[2].isNaN)
        #expect(values[3].bitPattern == 0x8000_0000)
    }

    @Test func givesSeveralOutputsInAnyOrderAndMoreThanOnce() throws {
        try Fixture.withModel("two_inputs") { model, signature in
            let a = try Fixture.tensor(.float32, [1, 2], [1, 2] as [Float])
            let b = try Fixture.tensor(.int64, [1, 1], [10] as [Int64])
            func run(_ indices: [Int]) throws -> [Tensor] {
                try model.run(
                    signature: signature, inputs: [a, b], outputIndices: indices,
                    cancellation: RunCancellation())
            }
            #expect(try run([1])[0].values(as: Int64.self) == [10])
            let three = try run([1, 0, 1])
            #expect(three[0].values(as: Int64.self) == [10])
            #expect(three[1].values(as: Float.self) == [11, 12])
            #expect(three[2].values(as: Int64.self) == [10])
        }
    }

    @Test func ranksThatAreNotDeclaredAreAllTaken() throws {
        for dimensions in [[], [3], [1, 2, 3]] {
            let input = try Tensor.zeros(.float32, Shape(dimensions))
            let output = try #require(try Fixture.run("unknown_rank", [input]).first)
            #expect(output.shape.dimensions == dimensions)
        }
    }

    @Test(
        arguments: [
            ["graph_optimization": .text("off")], ["graph_optimization": .text("basic")],
            ["intra_op_threads": .integer(2)], ["cpu_arena": .boolean(true)],
            ["execution_mode": .text("parallel"), "inter_op_threads": .integer(2)],
            ["memory_pattern": .boolean(false)],
            ["session_config": .mapping(["session.disable_prepacking": "1"])],
        ] as [[String: EngineOptions.Value]])
    func answersTheSameUnderEveryOption(options: [String: EngineOptions.Value]) throws {
        let input = try Fixture.tensor(.float32, [1, 4], [1, 0, 0, 8] as [Float])
        let outputs = try Fixture.run("linear", [input], options: options)
        #expect(outputs[0].values(as: Float.self) == [10, 12.125, 14.25])
    }
}
