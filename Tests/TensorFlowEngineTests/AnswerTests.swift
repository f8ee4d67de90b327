import EngineInterface
import Inference
import ServingCore
import Tensors
import Testing

/// Every model answers as it did in TensorFlow's own Python package.
@Suite struct AnswerTests {
    @Test(
        arguments: [
            "digits", "image", "iris_v1", "examples", "several", "words", "ragged",
        ])
    func agreesWithTensorFlow(model name: String) throws {
        let answers = try Answer.of(name)
        #expect(!answers.isEmpty)
        try Fixture.withModel(Fixture.source(name)) { model in
            for answer in answers {
                let outputs = try Fixture.run(model, answer.signature, answer.tensors())
                #expect(Set(outputs.map(\.name)) == Set(answer.outputs.keys))
                for output in outputs {
                    let expected = try #require(try answer.outputs[output.name]?.tensor())
                    let difference = output.tensor.difference(from: expected)
                    #expect(difference == nil, "\(answer.signature), \(output.name)")
                }
            }
        }
    }

    @Test func answersTheOutputsThatAreWantedInTheirOrder() throws {
        let answer = try #require(try Answer.of("iris_v1").first)
        try Fixture.withModel(Fixture.source("iris_v1")) { model in
            let signature = model.declaration.signatures[0]
            let outputs = try model.run(
                signature: signature, inputs: signature.bind(answer.tensors()),
                outputIndices: [1, 0, 1], cancellation: .init())
            #expect(outputs.map(\.elementType) == [.bytes, .float32, .bytes])
        }
    }

    @Test func loadsAVersionDirectoryOfTriton() throws {
        let directory = try TemporaryDirectory()
        for name in ["saved_model.pb", "variables/variables.index"] {
            let copy = try TemporaryDirectory(copyOf: "digits")
            try directory.write("model.savedmodel/" + name, copy.read(name))
        }
        let data = "variables/variables.data-00000-of-00001"
        try directory.write(
            "model.savedmodel/" + data, TemporaryDirectory(copyOf: "digits").read(data))
        let source = try Fixture.source(
            directory: directory.path, entry: "model.savedmodel/saved_model.pb")
        let answer = try #require(try Answer.of("digits").first)
        try Fixture.withModel(source) { model in
            let output = try Fixture.run(model, "serving_default", answer.tensors())[0]
            let expected = try #require(try answer.outputs[output.name]?.tensor())
            #expect(output.tensor.difference(from: expected) == nil)
        }
    }

    @Test func takesTheGraphOfTheTagsAsked() throws {
        for (tags, factor) in [("train", Float(2)), ("gpu, serve", 4)] {
            let source = try Fixture.source("tagged", options: ["tags": .text(tags)])
            try Fixture.withModel(source) { model in
                let x = try Tensor(.float32, Shape([2]), values: [1, 3] as [Float])
                let y = try Fixture.run(model, "serving_default", [NamedTensor("x", x)])[0]
                #expect(y.tensor.values(as: Float.self) == [factor, 3 * factor])
            }
        }
    }
}
