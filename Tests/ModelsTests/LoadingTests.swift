import EngineInterface
import Inference
import ServingCore
import Tensors
import Testing

@testable import Models

private func files(_ names: String...) -> ModelFiles {
    ModelFiles(
        directory: "/m/1",
        entries: names.map { .init(name: $0, byteCount: 1, isDirectory: false) })
}

@Test func theEngineIsRecognisedOrNamed() throws {
    let engines: [any Engine] = [
        FakeEngine(), FakeEngine(name: "other", suffix: ".other"),
        FakeEngine(name: "greedy", suffix: ".other"),
    ]
    let choice = try EngineChoice.choose(engines, named: nil, for: files("model.fake"))
    #expect(choice.engine.name == "fake" && choice.recognition.entry == "model.fake")
    let named = try EngineChoice.choose(engines, named: "greedy", for: files("a.other"))
    #expect(named.engine.name == "greedy")
    let cases: [(String?, ModelFiles, ErrorCode, [String])] = [
        (nil, files("a.txt"), .modelInvalid, ["'a.txt'", "greedy looks for fake.txt"]),
        (nil, files(), .modelInvalid, ["no files"]),
        (nil, files("a.other"), .modelInvalid, ["other", "greedy", "'engine: other'"]),
        ("fake", files("a.other"), .modelInvalid, ["engine fake finds nothing", "'a.other'"]),
        ("fcke", files("a.fake"), .configurationInvalid, ["did you mean 'fake'"]),
    ]
    for (name, files, code, words) in cases {
        let error = failure { try EngineChoice.choose(engines, named: name, for: files) }
        #expect(error?.code == code)
        for word in words { #expect(error?.message.contains(word) ?? false, "\(word)") }
    }
}

@Test func inputsAreMadeUpForEveryElementType() throws {
    for type in ElementType.allCases {
        let specification = TensorSpecification(
            name: "x", elementType: type, dimensions: [.dynamic(name: nil), .fixed(3)])
        let signature = ModelSignature(
            inputs: [specification], outputs: [specification], batching: .leadingDimension)
        for content in [MadeUpInputs.Content.zeros, .ones, .varied(seed: 1)] {
            let made = try MadeUpInputs.tensors(for: signature, content)[0]
            #expect(made.shape.dimensions == [1, 3])
            // The checking initialiser accepts it: sizes, booleans and string lengths are right.
            #expect(throws: Never.self) { try Tensor(type, made.shape, made.storage) }
        }
    }
}

@Test func aSignatureOfImpossibleSizeIsRefusedNotAllocated() {
    let huge = TensorSpecification(
        name: "x", elementType: .float32, dimensions: [.fixed(1 << 20), .fixed(1 << 20)])
    let signature = ModelSignature(
        inputs: [huge], outputs: [huge], batching: .none(reason: "fixed"))
    #expect(
        failure { try MadeUpInputs.tensors(for: signature, .ones) }?.code == .invalidTensor)
    #expect(WarmUp.candidates(signature).isEmpty)
}

@Test(arguments: [
    (FakeModel.Behaviour(), nil as String?),
    (FakeModel.Behaviour(rowsMaximum: 1), "it fails when two rows are run together"),
    (FakeModel.Behaviour(mixesRows: true), "changes when another row is beside it"),
    // Varied rows are refused; zeros and ones are not both accepted: nothing can be compared.
    (FakeModel.Behaviour(accepts: 0), nil),
    (FakeModel.Behaviour(dimensions: [.dynamic(name: "N"), .dynamic(name: "N")]), "appears again"),
    (FakeModel.Behaviour(rowsMaximum: 1, dimensions: [.fixed(1), .fixed(2)]), nil),
])
func batchesAreVerified(behaviour: FakeModel.Behaviour, objection: String?) {
    let model = FakeModel(ModelVersion(1), behaviour) {}
    let found = BatchVerification(
        model: model, recorded: [], mayMakeUp: true, timeLimit: .seconds(60)
    ).objection()
    if let objection {
        #expect(found?.contains(objection) ?? false)
    } else {
        #expect(found == nil)
    }
}

@Test func recordedRowsAreUsedWhenMadeUpOnesAreNotAllowed() throws {
    let model = FakeModel(ModelVersion(1), .init(mixesRows: true)) {}
    let input = try Tensor(.float32, Shape([2, 2]), values: [Float(1), 2, 3, 4])
    let request = InferenceRequest(inputs: [NamedTensor("x", input)])
    let with = BatchVerification(
        model: model, recorded: [request], mayMakeUp: false, timeLimit: .seconds(60))
    #expect(with.objection() != nil)
    let without = BatchVerification(
        model: model, recorded: [], mayMakeUp: false, timeLimit: .seconds(60))
    #expect(without.objection() == nil)
}

@Test func smallDifferencesOfFloatingPointAreAllowed() throws {
    func tensor(_ value: Float) throws -> Tensor {
        try Tensor(.float32, .vector(1), values: [value])
    }
    let cases: [(Float, Float, Bool)] = [
        (1, 1, true), (1000, 1000.05, true), (1, 1.001, false), (0, 1e-6, true),
        (.nan, .nan, true), (.nan, 1, false), (.infinity, .infinity, true), (.infinity, 1, false),
    ]
    for (left, right, expected) in cases {
        #expect(TensorComparison.areAlike(try tensor(left), try tensor(right)) == expected)
    }
}
