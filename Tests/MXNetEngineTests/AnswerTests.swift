import EngineInterface
import Inference
import ServingCore
import Tensors
import Testing

/// Models as people export them, with MXNet's own answers.
@Suite struct AnswerTests {
    static let models: [(name: String, options: [String: EngineOptions.Value])] = [
        ("gluon_mlp", [:]),
        ("gluon_convolution", ["inputs": .mapping(["data": "float32[-1,1,8,8]"])]),
        ("module_softmax", [:]),
        ("two_inputs", ["inputs": .mapping(["left": "[-1,3]", "right": "[-1,3]"])]),
    ]

    @Test(arguments: models.indices) func answersAsMXNetDoes(_ index: Int) throws {
        let (name, options) = Self.models[index]
        let expected = try Expected(name)
        try Fixture.withModel(Fixture.source(name, options: options)) { model, signature in
            let outputs = try Fixture.run(model, expected.tensors(for: signature))
            #expect(signature.outputs.count == expected.outputs.count)
            for (declared, output) in zip(signature.outputs, outputs) {
                let wanted = try #require(expected.outputs[declared.name], "\(declared.name)")
                #expect(output.shape.dimensions == wanted.dimensions)
                #expect(declared.accepts(output.shape))
                #expect(largestDifference(output.values(), wanted.values) < 1e-6)
            }
        }
    }

    /// Sizes up and down, more of them than predictors are kept for, in two lanes.
    @Test func answersTheSameInBatchesOfEverySize() throws {
        let expected = try Expected("module_softmax")
        let wanted = try #require(expected.outputs["softmax_output"]).values
        try Fixture.withModel(Fixture.source("module_softmax")) { model, signature in
            for rows in [20, 1, 2, 3, 5, 7, 11, 13, 17, 19, 4, 6, 8, 20, 1, 9, 10, 12, 20] {
                let inputs = try expected.tensors(for: signature, rows: rows)
                let output: [Float] = try Fixture.run(model, inputs)[0].values()
                #expect(largestDifference(output, Array(wanted.prefix(rows * 10))) < 1e-6)
            }
        }
    }

    @Test func takesTheHighestEpochOrTheOneAskedFor() throws {
        let expected = try Expected("module_softmax")
        for (options, wanted) in [
            ([:], try #require(expected.outputs["softmax_output"]).values),
            (["epoch": EngineOptions.Value.integer(2)], expected.earlier),
        ] {
            let source = try Fixture.source("module_softmax", options: options)
            try Fixture.withModel(source) { model, signature in
                let output = try Fixture.run(model, expected.tensors(for: signature))[0]
                #expect(largestDifference(output.values(), wanted) < 1e-6)
            }
        }
        #expect(
            largestDifference(
                expected.earlier, try #require(expected.outputs["softmax_output"]).values) > 0.01)
    }

    @Test func givesInnerNodesWhenAskedTo() throws {
        let source = try Fixture.source(
            "gluon_mlp",
            options: [
                "outputs": .text("digits_dense0_relu_fwd, digits_dense1_fwd")
            ])
        let expected = try Expected("gluon_mlp")
        try Fixture.withModel(source) { model, signature in
            #expect(
                signature.outputs.map(\.name) == ["digits_dense0_relu_fwd", "digits_dense1_fwd"])
            let outputs = try Fixture.run(model, expected.tensors(for: signature))
            #expect(outputs[0].shape.dimensions == [20, 24])
            #expect(outputs[0].values(as: Float.self).allSatisfy { $0 >= 0 })
            let wanted = try #require(expected.outputs.values.first).values
            #expect(largestDifference(outputs[1].values(), wanted) < 1e-6)
        }
    }

    @Test(arguments: ["gluon_mlp", "module_softmax"]) func answersNoRowsWithNoRows(
        _ name: String
    ) throws {
        try Fixture.withModel(Fixture.source(name)) { model, _ in
            let output = try Fixture.run(model, [.zeros(.float32, Shape([0, 64]))])[0]
            #expect(output.shape.dimensions == [0, 10])
        }
    }

    @Test func declaresWhatTheFilesTell() throws {
        try Fixture.withModel(Fixture.source("module_softmax")) { model, signature in
            // The label is no input of a prediction.
            #expect(signature.inputs.map(\.name) == ["data"])
            #expect(signature.inputs[0].wireShape == [-1, 64])
            #expect(signature.outputs.map(\.name) == ["softmax_output"])
            #expect(signature.outputs[0].wireShape == [-1, 10])
            #expect(signature.batching == .leadingDimension)
            #expect(model.concurrencyMaximum == 2)
            #expect(
                model.declaration.properties.contains {
                    $0.key == "parameters" && $0.value == "mlp-0012.params"
                })
        }
    }

    @Test func readsShapesFromAFileBesideTheNetwork() throws {
        let files = [
            "gluon_convolution/picture-symbol.json", "gluon_convolution/picture-0003.params",
        ]
        for (name, text) in [
            ("picture-shapes.json", #"[{"name": "data", "shape": [1, 1, 8, 8]}]"#),
            ("signature.json", #"{"inputs": [{"data_name": "data", "data_shape": [0, 1, 8, 8]}]}"#),
        ] {
            let directory = try TemporaryDirectory(copying: files)
            try directory.write(name, text)
            try Fixture.withModel(Fixture.source(directory: directory.path)) { _, signature in
                #expect(signature.inputs[0].wireShape == [-1, 1, 8, 8])
            }
        }
    }

    @Test func doesNotBatchWhereRowsTouchEachOther() throws {
        let inputs: EngineOptions.Value = .mapping(["data": "[-1,4]"])
        let cases: [([String: EngineOptions.Value], Bool)] = [
            (["inputs": inputs], false), (["inputs": inputs, "batching": .boolean(true)], true),
        ]
        for (options, isBatched) in cases {
            let source = try Fixture.source("softmax_over_batch", options: options)
            try Fixture.withModel(source) { _, signature in
                #expect((signature.batching == .leadingDimension) == isBatched)
            }
        }
    }

    @Test func runsWithThreadsWithinOperators() throws {
        let expected = try Expected("gluon_mlp")
        let source = try Fixture.source(
            "gluon_mlp", options: ["intra_op_threads": .integer(2)])
        try Fixture.withModel(source) { model, signature in
            #expect(model.concurrencyMaximum == 1)
            let output = try Fixture.run(model, expected.tensors(for: signature))[0]
            let wanted = try #require(expected.outputs.values.first).values
            #expect(largestDifference(output.values(), wanted) < 1e-6)
        }
    }
}
