import ServingCore
import Tensors
import Testing

private func storage(_ bytes: [UInt8]) throws -> TensorStorage {
    let memory = try TensorMemory.allocate(byteCount: bytes.count)
    bytes.withUnsafeBytes { memory.bytes.copyMemory(from: $0) }
    return memory.freeze()
}

private func isInvalid(_ error: any Error) -> Bool {
    (error as? ServingError)?.code == .invalidTensor
}

@Test func numbersKeepTheirBits() throws {
    let values: [Float] = [0, -0.0, .infinity, .leastNonzeroMagnitude, 1.5]
    let tensor = try Tensor(.float32, Shape([5]), values: values)
    #expect(tensor.values(as: Float.self).map(\.bitPattern) == values.map(\.bitPattern))
}

@Test func misalignedBytesAreReadAllTheSame() throws {
    let bytes = try storage([9, 1, 0, 0, 0, 2, 0, 0, 0])
    let tensor = try Tensor(.int32, Shape([2]), bytes.slice(1..<9))
    #expect(tensor.values(as: Int32.self) == [1, 2])
}

@Test func storageOutlivesWhatItCameFrom() throws {
    var parts: [Tensor] = []
    do {
        let tensor = try Tensor(.int64, Shape([4, 2]), values: (0..<8).map { Int64($0) })
        parts = try tensor.splittingRows([1, 3])
    }
    #expect(parts[1].values(as: Int64.self) == [2, 3, 4, 5, 6, 7])
}

@Test func byteCountMustFitTheShape() throws {
    #expect(throws: ServingError.self) { try Tensor(.float32, Shape([2]), storage([0, 0, 0])) }
    #expect(throws: ServingError.self) { try Tensor(.bool, Shape([2]), storage([0, 2])) }
    #expect(throws: ServingError.self) {
        try Tensor(.float32, Shape([2]), values: [Double(1), 2])
    }
}

@Test(
    arguments: [
        [1, 0, 0], [1, 0, 0, 0], [2, 0, 0, 0, 65], [255, 255, 255, 255], [0, 0, 0, 0, 7],
        [1, 0, 0, 0, 65, 1, 0, 0, 0, 66],
    ] as [[UInt8]])
func byteStringsMustBeFramedExactly(_ bytes: [UInt8]) throws {
    #expect(throws: ServingError.self) { try Tensor(.bytes, .vector(1), storage(bytes)) }
}

@Test func byteStringsMayHoldAnything() throws {
    var builder = BytesTensorBuilder()
    for text in ["", "a\0b", "日本"] { try builder.append(text) }
    let tensor = try builder.finish(shape: .vector(3))
    #expect(BytesElements.strings(in: tensor) == ["", "a\0b", "日本"])
    let again = try Tensor(.bytes, .vector(3), tensor.storage)
    #expect(BytesElements.strings(in: again) == ["", "a\0b", "日本"])
}

@Test func builderRefusesAnotherCount() throws {
    var builder = BytesTensorBuilder()
    try builder.append("x")
    do {
        _ = try builder.finish(shape: .vector(2))
        Issue.record("a shape of two was accepted for one element")
    } catch {
        #expect(isInvalid(error))
    }
}

@Test func rowsJoinAndPartForEveryType() throws {
    for type in ElementType.allCases {
        let tensors = try [1, 0, 3].map { try Tensor.zeros(type, Shape([$0, 2])) }
        let joined = try Tensor.concatenatingRows(tensors)
        #expect(joined.shape.dimensions == [4, 2])
        let parts = try joined.splittingRows([1, 0, 3])
        #expect(parts.map(\.shape.dimensions) == [[1, 2], [0, 2], [3, 2]])
        #expect(parts.map(\.storage.count) == tensors.map(\.storage.count))
    }
}

@Test func byteStringRowsPartAtTheirLengths() throws {
    var builder = BytesTensorBuilder()
    for text in ["a", "bb", "", "dddd", "e", "ffffff"] { try builder.append(text) }
    let tensor = try builder.finish(shape: try Shape([3, 2]))
    let parts = try tensor.splittingRows([2, 1])
    #expect(BytesElements.strings(in: parts[0]) == ["a", "bb", "", "dddd"])
    #expect(BytesElements.strings(in: parts[1]) == ["e", "ffffff"])
}

@Test func rowsThatDoNotFitAreRefused() throws {
    let tensor = try Tensor.zeros(.float32, Shape([4, 2]))
    #expect(throws: ServingError.self) { try tensor.splittingRows([1, 2]) }
    #expect(throws: ServingError.self) { try tensor.splittingRows([5, -1]) }
    #expect(throws: ServingError.self) {
        try Tensor.concatenatingRows([tensor, Tensor.zeros(.float32, Shape([4, 3]))])
    }
    #expect(throws: ServingError.self) {
        try Tensor.concatenatingRows([tensor, Tensor.zeros(.float64, Shape([4, 2]))])
    }
    let scalar = try Tensor.zeros(.float32, .scalar)
    #expect(throws: ServingError.self) { try Tensor.concatenatingRows([scalar, scalar]) }
    #expect(throws: ServingError.self) { try scalar.splittingRows([1]) }
}

@Test func hugeTensorsAreRefusedBeforeAnythingIsAllocated() throws {
    #expect(throws: ServingError.self) { try TensorMemory.allocate(byteCount: .max) }
    #expect(throws: ServingError.self) { try TensorMemory.allocate(byteCount: -1) }
    #expect(throws: ServingError.self) { try Tensor.zeros(.float64, Shape([1 << 31])) }
}
