import Glibc
public import Tensors

/// A place in a tensor's elements, for writing them a few at a time.
public struct TensorRowCursor {
    /// The tensor.
    public let tensor: Tensor
    /// Bytes in front of the place.
    var offset = 0

    /// Starts in front of the first element.
    public init(_ tensor: Tensor) {
        self.tensor = tensor
    }

    /// Moves behind a BYTES element and returns the range of its bytes in the storage.
    mutating func nextBytes() -> Range<Int> {
        let prefix = BytesElements.lengthPrefixBytes
        let length = tensor.storage.withUnsafeBytes {
            Int(UInt32(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
        }
        let first = offset + prefix
        offset = first + length
        return first..<offset
    }
}
