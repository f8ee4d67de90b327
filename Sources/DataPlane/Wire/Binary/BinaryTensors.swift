public import NIOCore
public import ServingCore
public import Tensors

/// The binary tensor data extension of the Open Inference Protocol: raw little-endian, row-major
/// elements behind the JSON part of a body; BOOL one byte, BYTES with 4-byte lengths.
public enum BinaryTensors {
    /// Takes the next `byteCount` bytes of a body as a tensor.
    ///
    /// The bytes are borrowed: the tensor keeps the body's memory alive. They are copied once when
    /// they do not lie on a multiple of the element's width.
    ///
    /// - Throws: `invalid_request` when the body is shorter; `invalid_tensor` when the size is not
    ///   that of the shape, a BOOL is neither 0 nor 1, or BYTES lengths do not add up.
    public static func read(
        _ type: ElementType, _ shape: Shape, from body: inout ByteBuffer, byteCount: Int
    ) throws(ServingError) -> Tensor {
        guard byteCount >= 0, let slice = body.readSlice(length: byteCount) else {
            throw ServingError(
                .invalidRequest,
                "binary data of \(byteCount) bytes is announced, but \(body.readableBytes) bytes"
                    + " are left in the body")
        }
        return try Tensor(type, shape, try storage(of: slice, alignment: type.byteWidth ?? 1))
    }

    /// The readable bytes of a buffer as tensor storage, borrowed unless their alignment forbids it.
    ///
    /// - Throws: `resource_exhausted` when a copy is needed and there is no memory.
    public static func storage(of buffer: ByteBuffer, alignment: Int) throws(ServingError)
        -> TensorStorage
    {
        if buffer.readableBytes == 0 { return .empty }
        let borrowed = buffer.withUnsafeReadableBytesWithStorageManagement { bytes, reference in
            // Retaining the storage makes a later write through any buffer copy it first, so the
            // bytes stay as they are.
            TensorStorage(borrowing: bytes, owner: reference.takeUnretainedValue())
        }
        if borrowed.isAligned(to: alignment) { return borrowed }
        let memory = try TensorMemory.allocate(byteCount: borrowed.count)
        borrowed.withUnsafeBytes { memory.bytes.copyMemory(from: $0) }
        return memory.freeze()
    }

    /// Appends a tensor's elements as the extension has them.
    public static func append(_ tensor: Tensor, to buffer: inout ByteBuffer) {
        tensor.storage.withUnsafeBytes { bytes in
            _ = buffer.writeBytes(bytes)
        }
    }
}
