import ServingCore
import Tensors

/// Memory for the elements of a BYTES tensor whose number and size are known before.
final class StringElements {
    private let memory: TensorMemory
    private var offset = 0

    /// Makes room for so many elements with so many bytes in all.
    ///
    /// - Throws: `invalid_tensor` beyond `Limits.tensorBytesMaximum`; `resource_exhausted`.
    init(count: Int, textBytes: Int) throws(ServingError) {
        memory = try TensorMemory.allocate(
            byteCount: count * BytesElements.lengthPrefixBytes + textBytes)
    }

    /// Adds the next element.
    ///
    /// - Precondition: the elements stay within the number and the bytes that were announced.
    func append(_ element: UnsafeRawBufferPointer) {
        memory.bytes.storeBytes(
            of: UInt32(truncatingIfNeeded: element.count).littleEndian, toByteOffset: offset,
            as: UInt32.self)
        offset += BytesElements.lengthPrefixBytes
        UnsafeMutableRawBufferPointer(
            rebasing: memory.bytes[offset..<offset + element.count]
        ).copyMemory(from: element)
        offset += element.count
    }

    /// Ends with the storage.
    func freeze() -> TensorStorage { memory.freeze() }
}
