import EngineInterface
import Inference
import ServingCore
import TensorFlowEngine
import Tensors
import Testing

@Suite struct SignatureTests {
    private func declaration(_ name: String) throws -> LoadedModelDeclaration {
        try Fixture.withModel(Fixture.source(name)) { $0.declaration }
    }

    @Test func hasAllSignaturesWithTheDefaultFirst() throws {
        let declaration = try declaration("several")
        #expect(declaration.platform == "tensorflow_savedmodel")
        #expect(
            declaration.signatures.map(\.name) == [
                "serving_default", "add", "any_rank", "constant", "fails", "mixed",
            ])
        let version = declaration.properties.first { $0.key == "tensorflow_version" }
        #expect(version?.value == "2.21.0")
    }

    @Test func hasTypesAndShapesOfInputsAndOutputs() throws {
        let signatures = try declaration("several").signatures
        #expect(signatures[0].inputs[0].wireShape == [-1, 2])
        #expect(signatures[0].batching == .leadingDimension)
        #expect(signatures[1].inputs.map(\.name) == ["a", "b"])
        #expect(signatures[1].outputs.map(\.elementType) == [.bool, .int64])
        #expect(signatures[2].inputs[0].dimensions == nil)
        #expect(signatures[2].outputs.map(\.wireShape) == [[], []])
        #expect(signatures[3].inputs.isEmpty)
        #expect(signatures[5].inputs.map(\.elementType) == [.int64, .float16, .bool])
        for signature in signatures[2...] where signature.name != "fails" {
            #expect(signature.batching != .leadingDimension, "\(signature.name)")
        }
    }

    @Test func tellsWhatASignatureIsUsedFor() throws {
        let properties = try declaration("examples").properties
        func method(_ name: String) -> String? {
            properties.first { $0.key == "method.\(name)" }?.value
        }
        #expect(method("serving_default") == "tensorflow/serving/classify")
        #expect(method("regression") == "tensorflow/serving/regress")
        #expect(method("predict") == "tensorflow/serving/predict")
    }

    @Test func leavesOutASignatureThatCannotBeCarriedAndSaysWhy() throws {
        let declaration = try declaration("complex")
        #expect(declaration.signatures.map(\.name) == ["usable"])
        let reason = declaration.properties.first { $0.key == "not_served.serving_default" }
        #expect(reason?.value.contains("complex64") == true)
    }

    @Test(arguments: [
        (["saved_model.pb"], "saved_model.pb"),
        (["variables/variables.index", "saved_model.pb"], "saved_model.pb"),
        (["model.savedmodel/saved_model.pb"], "model.savedmodel/saved_model.pb"),
        (["saved_model.pbtxt"], "saved_model.pbtxt"),
        (["model.onnx"], nil), (["other/saved_model.pb"], nil), (["model.keras"], nil), ([], nil),
    ] as [([String], String?)])
    func recognisesByNames(files: [String], entry: String?) {
        let entries = files.map { ModelFiles.Entry(name: $0, byteCount: 1, isDirectory: false) }
        let recognition = Fixture.engine.recognise(
            ModelFiles(directory: "/nowhere", entries: entries))
        #expect(recognition?.entry == entry)
    }
}
