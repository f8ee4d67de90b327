import EngineInterface
import Inference
import MXNetEngine
import ServingCore
import Tensors
import Testing

/// What people do wrong, and the words that help them.
@Suite struct FailureTests {
    @Test(
        arguments: [
            (["inputs": .mapping(["date": "[-1,64]"])], "did you mean 'data'?"),
            (["inputs": .mapping(["data": "[-1,63]"])], "[24,63]"),
            (["inputs": .mapping(["data": "float33[-1,64]"])], "float32, float64"),
            (["inputs": .mapping(["data": "64"])], "float32[-1,3,224,224]"),
            (["inputs": .mapping(["data": "[0,64]"])], "float32[-1,3,224,224]"),
            (["inputs": .text("data")], "a mapping"), (["epoch": .integer(7)], "epochs there: 0"),
            (["outputs": .text("digits_dense1_fw")], "did you mean 'digits_dense1_fwd'?"),
            (["outputs": .text("a,,b")], "each once"),
            (["predictors": .integer(0)], "from 1 to 64"),
            (["epochs": .integer(1)], "did you mean 'epoch'?"),
        ] as [([String: EngineOptions.Value], String)])
    func saysWhatIsWrongWithAnOption(
        _ options: [String: EngineOptions.Value], _ word: String
    ) throws {
        let source = try Fixture.source("gluon_mlp", options: options)
        let error = #expect(throws: ServingError.self) {
            try Fixture.withModel(source) { _, _ in }
        }
        #expect(error?.message.contains(word) == true, "\(error?.message ?? "")")
    }

    @Test func saysHowToWriteAShapeThatTheFilesDoNotTell() throws {
        let error = #expect(throws: ServingError.self) {
            try Fixture.withModel(Fixture.source("gluon_convolution")) { _, _ in }
        }
        #expect(error?.code == .modelInvalid)
        #expect(
            error?.message.contains("inputs: {data: 'float32[-1,1,224,224]'}") == true,
            "\(error?.message ?? "")")
    }

    @Test func refusesAnOperatorWrittenInPython() throws {
        let directory = try TemporaryDirectory()
        try directory.write(
            "x-symbol.json",
            #"{"nodes": [{"op": "null", "name": "data", "inputs": []}, {"op": "Custom", "#
                + #""name": "mine", "attrs": {"op_type": "my_op"}, "inputs": [[0, 0, 0]]}], "#
                + #""heads": [[1, 0, 0]]}"#)
        let source = try Fixture.source(
            directory: directory.path, options: ["inputs": .mapping(["data": "[-1,2]"])])
        let error = #expect(throws: ServingError.self) {
            try Fixture.withModel(source) { _, _ in }
        }
        #expect(error?.message.contains("custom operator ('my_op')") == true)
    }

    /// Pictures too small for the network: an error, and the same model goes on.
    @Test func goesOnAfterShapesThatTheNetworkDoesNotTake() throws {
        let source = try Fixture.source(
            "gluon_convolution", options: ["inputs": .mapping(["data": "[-1,1,8,-1]"])])
        let error = #expect(throws: ServingError.self) {
            try Fixture.withModel(source) { _, _ in }
        }
        // Flattened pictures of another width do not fit the last layer.
        #expect(error?.code == .modelInvalid)
        let expected = try Expected("gluon_mlp")
        try Fixture.withModel(Fixture.identity("float32")) { model, _ in
            for side in [1, 300, 2, 700] {
                let tensor = try Tensor.zeros(.float32, Shape([side, side]))
                #expect(try Fixture.run(model, [tensor])[0].shape.dimensions == [side, side])
            }
        }
        try Fixture.withModel(Fixture.source("gluon_mlp")) { model, signature in
            for wrong in [[1, 63], [64], [1, 8, 8]] {
                let error = #expect(throws: ServingError.self) {
                    _ = try Fixture.run(model, [.zeros(.float32, Shape(wrong))])
                }
                #expect(error?.code == .invalidTensor)
            }
            let output = try Fixture.run(model, expected.tensors(for: signature))[0]
            let wanted = try #require(expected.outputs.values.first).values
            #expect(largestDifference(output.values(), wanted) < 1e-6)
        }
    }

    @Test func refusesToRunAfterUnload() throws {
        let model = try Fixture.engine.load(Fixture.source("gluon_mlp"), Fixture.environment)
        model.unload()
        let error = #expect(throws: ServingError.self) {
            _ = try Fixture.run(model, [.zeros(.float32, Shape([1, 64]))])
        }
        #expect(error?.code == .internalError)
    }

    @Test func findsTheLibraryOrSaysHowToInstallIt() {
        switch Fixture.engine.availability(Fixture.environment) {
        case .available(let version, let path):
            #expect(version == "1.9.1")
            #expect(path?.hasSuffix("libmxnet.so") == true)
        case .missing(let error):
            Issue.record("run scripts/fetch-deps mxnet before the tests: \(error)")
        }
    }
}
