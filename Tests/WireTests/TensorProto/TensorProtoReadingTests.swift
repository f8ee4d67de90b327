import NIOCore
import ServingCore
import Tensors
import Testing

@testable import Wire

@Suite struct TensorProtoReadingTests {
    @Test(arguments: TensorProtoSample.all)
    func readsTypedFieldsAsTensorFlowWritesThem(_ sample: TensorProtoSample) throws {
        let tensor = try TensorProto(bytes(hex: sample.typed)).tensor()
        #expect(tensor.elementType == sample.type)
        #expect(tensor.shape.dimensions == sample.shape)
        #expect(hexadecimal(tensor) == sample.values)
    }

    @Test(arguments: TensorProtoSample.all)
    func readsContentAsTensorFlowWritesIt(_ sample: TensorProtoSample) throws {
        let tensor = try TensorProto(bytes(hex: sample.content)).tensor()
        #expect(tensor.elementType == sample.type)
        #expect(tensor.shape.dimensions == sample.shape)
        #expect(hexadecimal(tensor) == sample.values)
    }

    @Test func readsUnpackedAndPackedValuesInOrder() throws {
        let floats = tensorMessage(1, [4]) { buffer in
            buffer.writeProtobuf(5, float: 1)
            buffer.writeProtobuf(5) { $0.writeInteger(Float(2).bitPattern, endianness: .little) }
            buffer.writeProtobuf(99, string: "unknown fields are passed over")
            buffer.writeProtobuf(5, float: 3)
            buffer.writeProtobuf(5, float: 4)
        }
        #expect(try TensorProto(floats).tensor().values(as: Float.self) == [1, 2, 3, 4])
        let integers = tensorMessage(9, [3]) { buffer in
            buffer.writeProtobuf(10, signed: -7)
            buffer.writeProtobuf(10) { $0.writeBytes([0x80, 0x01, 0x05]) }
        }
        #expect(try TensorProto(integers).tensor().values(as: Int64.self) == [-7, 128, 5])
    }

    @Test func repeatsTheLastValueUntilTheShapeIsFull() throws {
        let one = tensorMessage(1, [2, 3]) { $0.writeProtobuf(5, float: 2.5) }
        #expect(
            try TensorProto(one).tensor().values(as: Float.self)
                == [Float](repeating: 2.5, count: 6))
        let two = tensorMessage(3, [4]) { buffer in
            buffer.writeProtobuf(7, signed: 1)
            buffer.writeProtobuf(7, signed: -2)
        }
        #expect(try TensorProto(two).tensor().values(as: Int32.self) == [1, -2, -2, -2])
        let words = tensorMessage(7, [3]) { buffer in
            buffer.writeProtobuf(8, string: "a")
            buffer.writeProtobuf(8, string: "bc")
        }
        #expect(BytesElements.strings(in: try TensorProto(words).tensor()) == ["a", "bc", "bc"])
    }

    @Test func readsZerosWhereNoValueIsGiven() throws {
        #expect(try TensorProto(tensorMessage(2, [2])).tensor().values(as: Double.self) == [0, 0])
        #expect(try TensorProto(tensorMessage(3, [])).tensor().values(as: Int32.self) == [0])
        #expect(BytesElements.strings(in: try TensorProto(tensorMessage(7, [1])).tensor()) == [""])
    }

    @Test func readsNoElementsOfAnEmptyShape() throws {
        let message = tensorMessage(1, [0, 4]) { $0.writeProtobuf(5, float: 1) }
        let tensor = try TensorProto(message).tensor()
        #expect(tensor.shape.dimensions == [0, 4])
        #expect(tensor.storage.count == 0)
    }

    @Test func contentCountsWhereTypedValuesAreGivenToo() throws {
        let message = tensorMessage(1, [1]) { buffer in
            buffer.writeProtobuf(5, float: 1)
            withUnsafeBytes(of: Float(9).bitPattern.littleEndian) {
                buffer.writeProtobuf(4, bytes: $0)
            }
        }
        #expect(try TensorProto(message).tensor().values(as: Float.self) == [9])
    }

    @Test func theTypeMayComeBehindTheValues() throws {
        var message = ByteBuffer()
        message.writeProtobuf(5, float: 3)
        message.writeProtobuf(1, varint: 1)
        #expect(try TensorProto(message).tensor().values(as: Float.self) == [3])
    }

    @Test func anUnknownRankIsIgnoredAsInTensorFlow() throws {
        var message = ByteBuffer()
        message.writeProtobuf(1, varint: 1)
        message.writeProtobuf(2) { $0.writeProtobuf(3, boolean: true) }
        message.writeProtobuf(5, float: 3)
        #expect(try TensorProto(message).tensor().shape == .scalar)
    }

    @Test(arguments: [0, 1, 2, 3]) func borrowsPackedFloatsThatAreAligned(offset: Int) throws {
        let values = (0..<1000).map { Float($0) }
        var network = ByteBuffer(repeating: 0, count: offset)
        network.writeProtobuf(1, varint: 1)
        network.writeProtobuf(2) { $0.writeProtobuf(2) { $0.writeProtobuf(1, signed: 1000) } }
        network.writeProtobuf(5) { buffer in
            for value in values { buffer.writeInteger(value.bitPattern, endianness: .little) }
        }
        network.moveReaderIndex(forwardBy: offset)
        let tensor = try TensorProto(network).tensor()
        #expect(tensor.values(as: Float.self) == values)
        let last = network.withUnsafeReadableBytes { bytes in
            bytes.baseAddress.map { UInt(bitPattern: $0) + UInt(bytes.count) } ?? 0
        }
        let end = tensor.storage.withUnsafeBytes { bytes in
            bytes.baseAddress.map { UInt(bitPattern: $0) + UInt(bytes.count) } ?? 0
        }
        // The values are the last bytes of the message: in place if and only if they are aligned.
        #expect((end == last) == (last % 4 == 0))
        #expect(tensor.storage.isAligned(to: 4))
    }
}
