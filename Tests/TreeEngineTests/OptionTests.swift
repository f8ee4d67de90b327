import EngineInterface
import Inference
import ServingCore
import Tensors
import Testing
import TreeEngine

@Suite struct OptionTests {
    private func outputs(
        _ name: String, _ options: [String: EngineOptions.Value]
    ) throws -> [Tensor] {
        let answers = try Fixture.answers(name)
        return try Fixture.withModel(name, options: options) { model, signature in
            try model.run(
                signature: signature, inputs: [answers.input(signature.inputs[0].elementType)],
                outputIndices: Array(signature.outputs.indices), cancellation: RunCancellation())
        }
    }

    @Test(
        arguments: [
            ["outputs": .text("")], ["outputs": .text("margin,margin")], ["outputs": .text("shap")],
            ["outputs": .integer(1)], ["iteration_range": .text("3")],
            ["iteration_range": .text("3:3")], ["iteration_range": .text("-1:3")],
            ["missing": .text("x")], ["missing": .text("nan")], ["missing": .boolean(true)],
            ["input_type": .text("float16")], ["input_name": .text("")], ["other": .integer(1)],
        ] as [[String: EngineOptions.Value]])
    func refusesWrongValues(options: [String: EngineOptions.Value]) {
        let error = #expect(throws: ServingError.self) {
            try Fixture.engine.check(EngineOptions(options))
        }
        #expect(error?.code == .configurationInvalid)
    }

    @Test(
        arguments: [
            ("xgb_reg_gamma.json", ["outputs": .text("class")], "no classes"),
            ("xgb_linear.json", ["outputs": .text("leaf")], "no leaves"),
            ("xgb_linear.json", ["iteration_range": .text("0:1")], "no iterations"),
            ("lgb_binary.txt", ["missing": .integer(0)], "XGBoost's"),
            ("lgb_binary.txt", ["iteration_range": .text("0:11")], "10 iterations"),
        ] as [(String, [String: EngineOptions.Value], String)])
    func refusesOptionsThatAModelCannotFollow(
        name: String, options: [String: EngineOptions.Value], words: String
    ) {
        let error = #expect(throws: ServingError.self) { try outputs(name, options) }
        #expect(error?.code == .configurationInvalid)
        #expect(error?.message.contains(words) == true, "\(String(describing: error))")
    }

    @Test func stopsAtTheBestIterationUnlessToldOtherwise() throws {
        let best = try outputs("xgb_early.json", [:])[0].numbers
        let same = try outputs("xgb_early.json", ["iteration_range": .text("best")])[0].numbers
        let all = try outputs("xgb_early.json", ["iteration_range": .text("all")])[0].numbers
        #expect(best == same)
        #expect(best != all)
        let leaves = try outputs(
            "xgb_early.json", ["outputs": .text("leaf"), "iteration_range": .text("1:3")])
        #expect(leaves[0].shape.dimensions[1] == 2)
    }

    @Test func takesAValueForMissing() throws {
        let nan = try outputs("xgb_missing.json", [:])[0].numbers
        let zero = try outputs("xgb_missing.json", ["missing": .integer(0)])[0].numbers
        #expect(nan != zero)
        let answers = try Fixture.answers("xgb_missing.json")
        let holes = answers.rows.map { $0.map { $0 == 0 ? Float.nan : Float($0) } }
        let input = try Tensor(
            .float32, Shape([holes.count, holes[0].count]), values: holes.flatMap { $0 })
        let expected = try Fixture.withModel("xgb_missing.json") { model, signature in
            try model.run(
                signature: signature, inputs: [input], outputIndices: [0],
                cancellation: RunCancellation())[0].numbers
        }
        #expect(zero == expected)
    }

    @Test func givesClassesAndSeveralOutputsInTheOrderAsked() throws {
        for name in ["xgb_softprob.ubj", "lgb_ova.txt", "lgb_multiclass.txt"] {
            let both = try outputs(name, ["outputs": .text("class, prediction")])
            let width = both[1].shape.dimensions[1]
            let predictions = both[1].numbers
            for (row, found) in both[0].values(as: Int64.self).enumerated() {
                let values = predictions[row * width..<(row + 1) * width]
                #expect(values[row * width + Int(found)] == values.max())
            }
        }
        let binary = try outputs("xgb_binary.json", ["outputs": .text("prediction,class")])
        #expect(
            binary[1].values(as: Int64.self) == binary[0].numbers.map { $0 > 0.5 ? 1 : 0 })
        let index = try outputs("xgb_softmax.json", ["outputs": .text("prediction,class")])
        #expect(index[0].numbers == index[1].numbers)
    }

    @Test func namesAndTypesAreAsAsked() throws {
        let options: [String: EngineOptions.Value] = [
            "input_type": .text("float32"), "input_name": .text("x"), "output_name": .text("y"),
            "outputs": .text("prediction,leaf"),
        ]
        try Fixture.withModel("lgb_binary.txt", options: options) { _, signature in
            #expect(signature.inputs[0].name == "x")
            #expect(signature.inputs[0].elementType == .float32)
            #expect(signature.inputs[0].wireShape == [-1, 30])
            #expect(signature.outputs.map(\.name) == ["y", "leaf"])
            #expect(signature.outputs[0].elementType == .float32)
            #expect(signature.outputs[0].wireShape == [-1])
            #expect(signature.outputs[1].wireShape == [-1, 10])
            #expect(signature.batching == .leadingDimension)
        }
        let single = try outputs("lgb_binary.txt", ["input_type": .text("float32")])[0].numbers
        let double = try outputs("lgb_binary.txt", [:])[0].numbers
        #expect(zip(single, double).allSatisfy { abs($0 - $1) < 1e-6 })
    }

    @Test func runsNoRowsAndGivesDuplicatesOfAnOutput() throws {
        try Fixture.withModel("xgb_softprob.ubj") { model, signature in
            let empty = try Tensor.zeros(.float32, Shape([0, 64]))
            let results = try model.run(
                signature: signature, inputs: [empty], outputIndices: [0, 0],
                cancellation: RunCancellation())
            #expect(results.map(\.shape.dimensions) == [[0, 10], [0, 10]])
            #expect(
                try model.run(
                    signature: signature, inputs: [empty], outputIndices: [],
                    cancellation: RunCancellation()
                ).isEmpty)
        }
    }
}
