import ServingCore
import Tensors
import Testing

@Test(
    arguments: [
        ([Int](), 1, 1), ([0], 0, 1), ([3], 3, 1), ([2, 3, 4], 24, 12), ([0, 4], 0, 4),
        ([4, 0], 0, 0), ([0, 1 << 31], 0, 1 << 31),
    ])
func shapesCountTheirElements(_ dimensions: [Int], _ count: Int, _ perRow: Int) throws {
    let shape = try Shape(dimensions)
    #expect(shape.elementCount == count)
    #expect(shape.elementsPerRow == perRow)
    #expect(shape.dimensions == dimensions)
}

@Test(
    arguments: [
        [-1], [2, -3], [Int.max, 2], [Int.max, Int.max], [1 << 33], [0, Int.max, 2],
        [Int](repeating: 1, count: 33),
    ])
func impossibleShapesAreRefused(_ dimensions: [Int]) {
    #expect { try Shape(dimensions) } throws: { ($0 as? ServingError)?.code == .invalidTensor }
}

@Test func byteCountsAreChecked() throws {
    #expect(try Shape([3, 5]).byteCount(of: .float64) == 120)
    #expect(try Shape.scalar.byteCount(of: .bool) == 1)
    #expect { try Shape([1 << 31]).byteCount(of: .float64) } throws: {
        ($0 as? ServingError)?.code == .invalidTensor
    }
}

@Test func everyElementTypeHasItsOpenInferenceName() {
    for type in ElementType.allCases {
        #expect(ElementType(openInferenceName: type.openInferenceName) == type)
    }
    #expect(ElementType(openInferenceName: "fp32") == nil)
    #expect(ElementType(openInferenceName: "") == nil)
}
