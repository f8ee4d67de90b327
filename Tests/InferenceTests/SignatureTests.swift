import Inference
import ServingCore
import Tensors
import Testing

private let signature = ModelSignature(
    inputs: [
        TensorSpecification(
            name: "a", elementType: .float32, dimensions: [.dynamic(name: "N"), .fixed(2)]),
        TensorSpecification(
            name: "b", elementType: .int64, dimensions: [.dynamic(name: "N"), .dynamic(name: nil)]),
    ],
    outputs: [
        TensorSpecification(name: "sum", elementType: .float32, dimensions: nil),
        TensorSpecification(name: "count", elementType: .int64, dimensions: []),
    ], batching: .leadingDimension)

private func input(_ name: String, _ type: ElementType, _ dimensions: [Int]) throws -> NamedTensor {
    NamedTensor(name, try Tensor.zeros(type, Shape(dimensions)))
}

@Test func inputsAreBoundInTheSignaturesOrder() throws {
    let bound = try signature.bind([
        input("b", .int64, [3, 7]), input("a", .float32, [3, 2]),
    ])
    #expect(bound.map(\.elementType) == [.float32, .int64])
}

@Test(
    arguments: [
        ([("a", ElementType.float32, [1, 2])], "missing input 'b'"),
        (
            [("a", .float32, [1, 2]), ("c", .int64, [1, 1])],
            "no input 'c'; did you mean 'a'?"
        ),
        ([("a", .float32, [1, 2]), ("a", .float32, [1, 2])], "given twice"),
        ([("a", .float64, [1, 2]), ("b", .int64, [1, 1])], "input 'a' is FP32, not FP64"),
        (
            [("a", .float32, [1, 3]), ("b", .int64, [1, 1])],
            "has shape [-1, 2] (-1: any), not [1, 3]"
        ),
        ([("a", .float32, [2]), ("b", .int64, [1, 1])], "not [2]"),
        (
            [("a", .float32, [1, 2]), ("b", .int64, [4, 1])],
            "dimension 'N' is 4 in input 'b' but 1"
        ),
    ] as [([(String, ElementType, [Int])], String)])
func wrongInputsAreNamed(_ inputs: [(String, ElementType, [Int])], _ words: String) throws {
    let tensors = try inputs.map { try input($0.0, $0.1, $0.2) }
    #expect { try signature.bind(tensors) } throws: { error in
        guard let error = error as? ServingError else { return false }
        return error.code == .invalidTensor && error.message.contains(words)
    }
}

@Test func outputsAreBoundInTheOrderRequested() throws {
    #expect(try signature.bindOutputs(nil) == [0, 1])
    #expect(try signature.bindOutputs(["count", "sum"]) == [1, 0])
    #expect { try signature.bindOutputs(["cuont"]) } throws: {
        ($0 as? ServingError)?.message.contains("did you mean 'count'?") == true
    }
}

@Test func batchingNeedsADynamicLeadingDimensionOfOneName() {
    func specification(_ dimensions: [Dimension]?) -> TensorSpecification {
        TensorSpecification(name: "t", elementType: .float32, dimensions: dimensions)
    }
    func batching(_ left: [Dimension]?, _ right: [Dimension]?) -> ModelSignature.Batching {
        ModelSignature.batching(inputs: [specification(left)], outputs: [specification(right)])
    }
    #expect(batching([.dynamic(name: "N")], [.dynamic(name: "N")]) == .leadingDimension)
    #expect(batching([.dynamic(name: "N")], [.dynamic(name: nil)]) == .leadingDimension)
    for (left, right) in [
        ([.fixed(1)], [.dynamic(name: nil)]), ([.dynamic(name: "N")], [.dynamic(name: "M")]),
        ([], [.dynamic(name: nil)]), (nil, [.dynamic(name: nil)]),
    ] as [([Dimension]?, [Dimension]?)] {
        #expect(batching(left, right) != .leadingDimension)
    }
}
