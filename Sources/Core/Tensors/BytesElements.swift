public import ServingCore

/// The elements of a BYTES tensor, read one after another from their length-prefixed layout.
public enum BytesElements {
    /// Bytes of the length in front of each element.
    public static let lengthPrefixBytes = 4

    /// Calls `body` with each element's bytes, in order; each pointer is valid only during its call.
    ///
    /// - Precondition: `tensor` is a BYTES tensor; its framing was checked when it was made.
    public static func forEach<Failure: Error>(
        in tensor: Tensor, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Void
    ) throws(Failure) {
        precondition(tensor.elementType == .bytes, "only BYTES tensors have byte elements")
        try tensor.storage.withUnsafeBytes { (bytes) throws(Failure) in
            var offset = 0
            while offset < bytes.count {
                let length = Int(
                    UInt32(
                        littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
                offset += lengthPrefixBytes
                try body(UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + length]))
                offset += length
            }
        }
    }

    /// The elements as strings, with bytes that are no UTF-8 replaced; for tests and messages.
    public static func strings(in tensor: Tensor) -> [String] {
        var result: [String] = []
        result.reserveCapacity(tensor.shape.elementCount)
        forEach(in: tensor) { result.append(String(decoding: $0, as: UTF8.self)) }
        return result
    }

    /// The offset in bytes at which each of the elements starts that begin a row, and the end.
    ///
    /// With `rows` rows of `perRow` elements the result has `rows + 1` offsets.
    static func rowOffsets(in tensor: Tensor, rows: Int, perRow: Int) -> [Int] {
        var offsets = [0]
        offsets.reserveCapacity(rows + 1)
        guard perRow > 0 else { return [Int](repeating: 0, count: rows + 1) }
        var offset = 0
        var seen = 0
        forEach(in: tensor) { element in
            offset += lengthPrefixBytes + element.count
            seen += 1
            if seen % perRow == 0 { offsets.append(offset) }
        }
        return offsets
    }

    /// Checks that the lengths lead from element to element and end exactly with the storage.
    static func check(_ storage: TensorStorage, count: Int) throws(ServingError) {
        let found = storage.withUnsafeBytes { bytes -> Int? in
            var offset = 0
            var elements = 0
            while offset < bytes.count {
                guard bytes.count - offset >= lengthPrefixBytes else { return nil }
                let length = Int(
                    UInt32(
                        littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
                offset += lengthPrefixBytes
                guard bytes.count - offset >= length else { return nil }
                offset += length
                elements += 1
            }
            return elements
        }
        guard let found else {
            throw ServingError(
                .invalidTensor,
                "BYTES data of \(storage.count) bytes is cut short: each element is a 4-byte little-endian length and that many bytes"
            )
        }
        guard found == count else {
            throw ServingError(
                .invalidTensor, "BYTES data holds \(found) elements where the shape has \(count)")
        }
    }
}

/// Collects byte strings into the storage of a BYTES tensor.
public struct BytesTensorBuilder: ~Copyable {
    private var bytes: [UInt8] = []
    /// How many elements have been appended.
    public private(set) var count = 0

    /// Starts empty.
    public init() {}

    /// Makes room for more bytes at once.
    public mutating func reserve(byteCount: Int) {
        bytes.reserveCapacity(min(byteCount, Limits.tensorBytesMaximum))
    }

    /// Adds one element.
    ///
    /// - Throws: `invalid_tensor` when the tensor would exceed `Limits.tensorBytesMaximum`.
    public mutating func append(_ element: UnsafeRawBufferPointer) throws(ServingError) {
        guard bytes.count + element.count + 4 <= Limits.tensorBytesMaximum,
            let length = UInt32(exactly: element.count)
        else {
            throw ServingError(
                .invalidTensor, "BYTES data is larger than \(Limits.tensorBytesMaximum) bytes")
        }
        withUnsafeBytes(of: length.littleEndian) { bytes.append(contentsOf: $0) }
        bytes.append(contentsOf: element)
        count += 1
    }

    /// Adds one element of text, as UTF-8.
    ///
    /// - Throws: as `append(_:)` of bytes.
    public mutating func append(_ text: String) throws(ServingError) {
        var text = text
        try text.withUTF8Bytes { (utf8) throws(ServingError) in try append(utf8) }
    }

    /// Ends with a tensor of the given shape.
    ///
    /// - Throws: `invalid_tensor` when the shape's element count is not `count`.
    public consuming func finish(shape: Shape) throws(ServingError) -> Tensor {
        guard shape.elementCount == count else {
            throw ServingError(
                .invalidTensor,
                "BYTES data holds \(count) elements where the shape has \(shape.elementCount)"
            )
        }
        let memory = try TensorMemory.allocate(byteCount: bytes.count)
        bytes.withUnsafeBytes { memory.bytes.copyMemory(from: $0) }
        return Tensor(trusted: .bytes, shape, memory.freeze())
    }
}

extension String {
    /// Lends the UTF-8 bytes with a typed failure, which `withUTF8` cannot carry.
    fileprivate mutating func withUTF8Bytes(
        _ body: (UnsafeRawBufferPointer) throws(ServingError) -> Void
    ) throws(ServingError) {
        let result: Result<Void, ServingError> = withUTF8 { utf8 in
            do throws(ServingError) {
                return .success(try body(UnsafeRawBufferPointer(utf8)))
            } catch {
                return .failure(error)
            }
        }
        try result.get()
    }
}
