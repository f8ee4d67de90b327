import NIOCore
import ServingCore
import Tensors

/// Reads `tensor_content`: little-endian numbers as in memory; strings as all their lengths
/// (varints), then all their bytes.
enum TensorProtoContent {
    /// Makes the tensor; numbers are borrowed when they are aligned.
    ///
    /// - Throws: `invalid_tensor` when the bytes are not as many as the shape needs.
    static func tensor(_ type: ElementType, _ shape: Shape, _ content: ByteBuffer)
        throws(ServingError) -> Tensor
    {
        if type == .bytes { return try strings(shape, content) }
        let expected = try shape.byteCount(of: type)
        guard content.readableBytes == expected else {
            throw ServingError(
                .invalidTensor,
                "tensor_content has \(content.readableBytes) bytes, but shape \(shape) of "
                    + "\(type.tensorFlowName) needs \(expected)")
        }
        let storage = try BinaryTensors.storage(of: content, alignment: type.byteWidth ?? 1)
        return try Tensor(type, shape, storage)
    }

    private static func strings(_ shape: Shape, _ content: ByteBuffer) throws(ServingError)
        -> Tensor
    {
        let count = shape.elementCount
        return try content.withProtobufReader { (reader) throws(ServingError) in
            // Each element takes a byte at least: this bounds what follows by what was sent.
            guard count <= content.readableBytes else { throw wrongSize(shape) }
            var lengths = reader
            var textBytes = 0
            for _ in 0..<count {
                guard !lengths.isAtEnd else { throw wrongSize(shape) }
                let length = try lengths.packedVarint()
                guard length <= content.readableBytes - textBytes else { throw wrongSize(shape) }
                textBytes += Int(length)
            }
            guard textBytes == lengths.end - lengths.offset else { throw wrongSize(shape) }
            let memory = try StringElements(count: count, textBytes: textBytes)
            var start = lengths.offset
            for _ in 0..<count {
                let length = Int(try reader.packedVarint())
                memory.append(
                    UnsafeRawBufferPointer(rebasing: reader.bytes[start..<start + length]))
                start += length
            }
            return Tensor(trusted: .bytes, shape, memory.freeze())
        }
    }

    private static func wrongSize(_ shape: Shape) -> ServingError {
        ServingError(
            .invalidTensor,
            "tensor_content does not hold the lengths and bytes of \(shape.elementCount) strings, "
                + "as shape \(shape) needs")
    }
}
