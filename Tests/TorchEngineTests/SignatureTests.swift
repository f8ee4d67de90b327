import EngineInterface
import Inference
import ServingCore
import Tensors
import Testing
import TorchEngine

/// What is declared, with and without `model.yaml`.
@Suite struct SignatureTests {
    @Test func aScriptSaysNamesAndWeightsSayTheType() throws {
        try Fixture.withModel(try Fixture.source("digits_scripted")) { model, signature in
            #expect(model.declaration.platform == "pytorch_torchscript")
            #expect(signature.inputs.map(\.name) == ["pixels"])
            #expect(signature.inputs[0].elementType == .float32)
            #expect(signature.inputs[0].wireShape == [-1, 64])
            #expect(signature.outputs.map(\.name) == ["output_0"])
            #expect(signature.outputs[0].wireShape == [-1, 10])
            #expect(signature.batching != .leadingDimension)
        }
    }

    @Test func otherMethodsAreSignaturesToo() throws {
        try Fixture.withModel(try Fixture.source("digits_scripted")) { model, _ in
            #expect(model.declaration.signatures.map(\.name) == ["serving_default", "features"])
            let signature = model.declaration.signatures[1]
            let row = try Fixture.tensor(.float32, [1, 64], [Float](repeating: 0, count: 64))
            let outputs = try Fixture.run(model, signature, [row])
            #expect(outputs.map(\.shape.dimensions) == [[1, 32]])
        }
    }

    @Test func aTraceSaysTypesAndRanks() throws {
        try Fixture.withModel(try Fixture.source("digits_traced")) { _, signature in
            #expect(signature.inputs.map(\.wireShape) == [[-1, 64]])
            #expect(signature.outputs.map(\.wireShape) == [[-1, 10]])
        }
    }

    @Test func notesMakeAModelBatchable() throws {
        for name in ["digits_noted", "digits_conv", "dictionaries"] {
            try Fixture.withModel(try Fixture.source(name)) { _, signature in
                #expect(signature.batching == .leadingDimension, "\(name): \(signature.batching)")
            }
        }
        let copy = try Fixture.copy(
            of: "digits_scripted",
            notes: "batching: false\ninputs:\n- name: pixels\n  type: FP32\n  shape: [-1, 64]\n")
        try Fixture.withModel(try Fixture.source(directory: copy.path)) { _, signature in
            #expect(signature.batching == .none(reason: "model.yaml says so"))
        }
    }

    @Test func fieldsOfANamedTupleNameTheOutputs() throws {
        try Fixture.withModel(try Fixture.source("named_outputs")) { _, signature in
            #expect(signature.outputs.map(\.name) == ["mean", "brightest"])
            #expect(signature.outputs.map(\.elementType) == [.float32, .int64])
        }
    }

    @Test func keysOfADictionaryNameTheOutputsFoundByATrial() throws {
        let copy = try Fixture.copy(
            of: "dictionaries",
            notes: "inputs:\n  - {name: left, type: FP32, shape: [-1, 4]}\n"
                + "  - {name: right, type: FP32, shape: [-1, 4]}\n")
        try Fixture.withModel(try Fixture.source(directory: copy.path)) { model, signature in
            let types = Dictionary(
                uniqueKeysWithValues: signature.outputs.map { ($0.name, $0.elementType) })
            #expect(types == ["total": .float32, "positive": .bool])
            // The trial's answer has the other order than this one's.
            let ones = try Fixture.tensor(.float32, [1, 4], [1, 1, 1, 1] as [Float])
            let outputs = try Fixture.run(model, signature, [ones, ones])
            #expect(outputs.map(\.elementType) == signature.outputs.map(\.elementType))
        }
    }

    @Test func convolutionsAndEmbeddingsSayTheirTypes() throws {
        for (name, type, shape) in [
            ("digits_conv", ElementType.float32, [-1, -1, -1, -1] as [Int]?),
            ("tokens", .int64, nil), ("half", .float16, [-1, 64]),
        ] {
            let copy = try Fixture.copy(of: name, notes: nil)
            try Fixture.withModel(try Fixture.source(directory: copy.path)) { _, signature in
                #expect(signature.inputs[0].elementType == type, "\(name)")
                #expect(signature.inputs[0].wireShape == shape, "\(name)")
            }
        }
    }

    @Test func aModelThatChangesItselfRunsAlone() throws {
        try Fixture.withModel(try Fixture.source("counter")) { model, signature in
            #expect(model.concurrencyMaximum == 1)
            #expect(signature.batching == .none(reason: "a run changes the module"))
        }
        // Batch normalisation changes the module in training only.
        try Fixture.withModel(try Fixture.source("digits_conv")) { model, _ in
            #expect(model.concurrencyMaximum == 2)
        }
    }

    @Test func optionsGiveOtherNamesAndConcurrency() throws {
        let source = try Fixture.source(
            "digits_conv",
            options: [
                "input_names": .text("INPUT__0"), "output_names": .text("OUTPUT__0, OUTPUT__1"),
                "concurrency": .integer(5),
            ])
        try Fixture.withModel(source) { model, signature in
            #expect(signature.inputs.map(\.name) == ["INPUT__0"])
            #expect(signature.outputs.map(\.name) == ["OUTPUT__0", "OUTPUT__1"])
            #expect(model.concurrencyMaximum == 5)
        }
    }

    @Test(arguments: [
        ("input_names", "a,b", "1 inputs"), ("input_names", "a,,b", "different names"),
        ("output_names", "y,y", "different names"), ("output_names", "y", "2 outputs"),
    ])
    func namesInOptionsMustFit(option: String, names: String, word: String) throws {
        let source = try Fixture.source("digits_conv", options: [option: .text(names)])
        let error = #expect(throws: ServingError.self) {
            _ = try Fixture.engine.load(source, Fixture.environment)
        }
        #expect(error?.code == .configurationInvalid)
        #expect(error?.message.contains(word) == true, "\(error?.message ?? "")")
    }

    @Test func theUsualNamesAreRecognised() throws {
        let cases: [([String], String?)] = [
            (["model.pt", "other.pt"], "model.pt"),
            (["net.torchscript", "model.yaml"], "net.torchscript"),
            (["model.pt2"], "model.pt2"), (["weights.pth"], "weights.pth"),
            (["a.pt", "b.pt"], "*.pt"), (["model.onnx"], nil), ([], nil),
        ]
        for (names, entry) in cases {
            let files = ModelFiles(
                directory: "/nowhere",
                entries: names.map { .init(name: $0, byteCount: 1, isDirectory: false) })
            #expect(Fixture.engine.recognise(files)?.entry == entry, "\(names)")
        }
    }
}
