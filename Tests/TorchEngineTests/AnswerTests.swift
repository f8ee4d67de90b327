import Inference
import ServingCore
import Tensors
import Testing

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

        @Test func ofACompiledPackageNeedTheRightTypesAndShapes() throws {
            // Without notes nothing is checked before the package itself does it.
            let copy = try TemporaryDirectory()
            try copy.write(
                "model.pt2", try Fixture.bytes(Fixture.directory("digits_compiled") + "/model.pt2"))
            let source = try Fixture.source(directory: copy.path, entry: "model.pt2")
            try Fixture.withModel(source) { model, signature in
                #expect(signature.inputs.map(\.name) == ["input_0"])
                for (dimensions, count) in [([3, 5], 15), ([64], 64), ([0, 64], 0)] {
                    let values = [Float](repeating: 0, count: count)
                    let input = try Fixture.tensor(.float32, dimensions, values)
                    let error = #expect(throws: ServingError.self) {
                        _ = try Fixture.run(model, signature, [input])
                    }
                    #expect(error?.code == .invalidTensor, "\(dimensions): \(error?.message ?? "")")
                }
                let wrong = try Fixture.tensor(.float64, [1, 64], [Double](repeating: 0, count: 64))
                let error = #expect(throws: ServingError.self) {
                    _ = try Fixture.run(model, signature, [wrong])
                }
                #expect(error?.code == .invalidTensor, "\(error?.message ?? "")")
            }
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
