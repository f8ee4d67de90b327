import EngineInterface
import Inference
import ServingCore
import Tensors
import Testing
import TorchEngine

/// Answers are those that PyTorch itself gave for the same rows.
@Suite struct AnswerTests {
    @Test(arguments: [
        "digits_scripted", "digits_traced", "digits_noted", "digits_conv", "named_outputs",
        "dictionaries", "lists", "tuples", "tokens", "half", "bool", "scalars", "texts", "counter",
        "in_place", "raises", "slow", "identity",
    ])
    func agreeWithPyTorch(name: String) throws {
        let outputs = try Fixture.withModel(try Fixture.source(name)) { model, signature in
            let inputs = try Fixture.answers(name, "inputs", signature.inputs)
            return (try Fixture.run(model, signature, inputs), signature)
        }
        let names = outputs.1.outputs.map {
            TensorSpecification(
                name: name == "slow" ? "output_0" : $0.name, elementType: $0.elementType,
                dimensions: nil)
        }
        let wanted = try Fixture.answers(name, "outputs", names)
        #expect(outputs.0.count == wanted.count)
        for (got, wanted) in zip(outputs.0, wanted) { expectClose(got, wanted) }
    }

    #if arch(x86_64)
        // A compiled package is native code; the fixture's is for x86-64.
        @Test func ofACompiledPackageAgreeWithPyTorch() throws {
            let source = try Fixture.source("digits_compiled", entry: "model.pt2")
            try Fixture.withModel(source) { model, signature in
                #expect(model.declaration.platform == "pytorch_aotinductor")
                let inputs = try Fixture.answers("digits_compiled", "inputs", signature.inputs)
                let wanted = try Fixture.answers("digits_compiled", "outputs", signature.outputs)
                let got = try Fixture.run(model, signature, inputs)
                expectClose(got[0], wanted[0])
            }
        }

        @Test(arguments: [
            ("[batch, 63]", "FP32", "expected: 64"), ("[batch, n]", "FP32", "expected: 64"),
            ("[batch]", "FP32", "does not fit"), ("[batch, 64]", "FP64", "dtype"),
        ])
        func ofACompiledPackageNeedNotesThatFit(shape: String, type: String, word: String) throws {
            let notes = "inputs:\n  - {name: pixels, type: \(type), shape: \(shape)}\n"
            let error = #expect(throws: ServingError.self) { _ = try Self.package(notes) }
            #expect(error?.code == .modelInvalid)
            #expect(error?.message.contains(word) == true, "\(error?.message ?? "")")
        }

        @Test func ofACompiledPackageNeedNotes() throws {
            let error = #expect(throws: ServingError.self) { _ = try Self.package(nil) }
            #expect(error?.message.contains("write a model.yaml") == true)
        }

        @Test func ofACompiledPackageAreFoundOutByATrial() throws {
            let notes = "inputs:\n  - {name: x, type: FP32, shape: [-1, 64]}\n"
            let model = try Self.package(notes)
            defer { model.unload() }
            let signature = model.declaration.signatures[0]
            #expect(signature.outputs.map(\.name) == ["output_0"])
            #expect(signature.outputs.map(\.wireShape) == [[-1, 10]])
            #expect(signature.batching == .leadingDimension)
            // A package that compares its inputs itself would refuse a single row.
            let row = try Fixture.tensor(.float32, [1, 64], [Float](repeating: 0.5, count: 64))
            #expect(try Fixture.run(model, signature, [row])[0].shape == Shape([1, 10]))
        }

        private static func package(_ notes: String?) throws -> any LoadedModel {
            let copy = try TemporaryDirectory()
            let path = Fixture.directory("digits_compiled") + "/model.pt2"
            try copy.write("model.pt2", try Fixture.bytes(path))
            if let notes { try copy.write("model.yaml", Array(notes.utf8)) }
            let source = try Fixture.source(directory: copy.path, entry: "model.pt2")
            return try Fixture.engine.load(source, Fixture.environment)
        }
    #endif

    /// Float16 to 1 in 500, other floats to 1 in 10,000: processors add in different orders.
    private func expectClose(_ got: Tensor, _ wanted: Tensor) {
        #expect(got.elementType == wanted.elementType)
        #expect(got.shape == wanted.shape)
        guard got.elementType == wanted.elementType, got.shape == wanted.shape else { return }
        switch got.elementType {
        case .float32:
            for (left, right) in zip(got.values(as: Float.self), wanted.values(as: Float.self)) {
                #expect(abs(left - right) <= 1e-4 * max(1, abs(right)))
            }
        case .float16:
            for (left, right) in zip(got.values(as: UInt16.self), wanted.values(as: UInt16.self)) {
                // Neighbouring numbers have neighbouring bits.
                #expect(abs(Int(left) - Int(right)) <= 8)
            }
        case .bytes:
            #expect(BytesElements.strings(in: got) == BytesElements.strings(in: wanted))
        default:
            let isSame = got.storage.withUnsafeBytes { left in
                wanted.storage.withUnsafeBytes { left.elementsEqual($0) }
            }
            #expect(isSame)
        }
    }
}
