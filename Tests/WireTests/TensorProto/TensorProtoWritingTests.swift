import NIOCore
import ServingCore
import Tensors
import Testing

@testable import Wire

@Suite struct TensorProtoWritingTests {
    private func written(_ tensor: Tensor, as form: TensorProtoWriter.Form) -> ByteBuffer {
        let writer = TensorProtoWriter(tensor, as: form)
        var buffer = ByteBuffer()
        writer.write(to: &buffer)
        #expect(buffer.readableBytes == writer.byteCount, "the length was known before")
        return buffer
    }

    @Test(arguments: TensorProtoSample.all)
    func writesByteForByteWhatTensorFlowDoes(_ sample: TensorProtoSample) throws {
        let tensor = try TensorProto(bytes(hex: sample.typed)).tensor()
        #expect(written(tensor, as: .typedValues) == bytes(hex: sample.typed))
        #expect(written(tensor, as: .content) == bytes(hex: sample.content))
    }

    @Test(arguments: [TensorProtoWriter.Form.typedValues, .content])
    func whatIsWrittenReadsBack(form: TensorProtoWriter.Form) throws {
        var random = SeededGenerator(seed: 7)
        for shape in [[], [1], [0], [3, 0], [200], [2, 3, 5]] {
            for type in ElementType.allCases {
                let tensor = try Self.tensor(type, try Shape(shape), &random)
                let copy = try TensorProto(written(tensor, as: form)).tensor()
                #expect(copy.elementType == type)
                #expect(copy.shape == tensor.shape)
                #expect(hexadecimal(copy) == hexadecimal(tensor), "\(type) \(shape)")
            }
        }
    }

    private static func tensor(
        _ type: ElementType, _ shape: Shape, _ random: inout SeededGenerator
    ) throws -> Tensor {
        guard let width = type.byteWidth else {
            var builder = BytesTensorBuilder()
            for _ in 0..<shape.elementCount {
                try builder.append(String(repeating: "é", count: Int(random.next() % 100)))
            }
            return try builder.finish(shape: shape)
        }
        let memory = try TensorMemory.allocate(byteCount: shape.elementCount * width)
        for index in memory.bytes.indices {
            let byte = UInt8(truncatingIfNeeded: random.next())
            memory.bytes[index] = type == .bool ? byte & 1 : byte
        }
        return try Tensor(type, shape, memory.freeze())
    }
}
