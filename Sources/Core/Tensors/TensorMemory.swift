import Glibc
public import ServingCore

/// Uninitialised memory of this process that is filled once and then frozen into a `TensorStorage`.
///
/// The bytes are aligned to 16.
///
/// `@unchecked Sendable`: one writer fills the memory before `freeze` is called; after that nobody
/// writes.
public final class TensorMemory: @unchecked Sendable {
    /// The writable bytes; valid while this object is retained, and only until `freeze`.
    public let bytes: UnsafeMutableRawBufferPointer

    private init(bytes: UnsafeMutableRawBufferPointer) {
        self.bytes = bytes
    }

    /// Allocates exactly `byteCount` bytes.
    ///
    /// - Throws: `invalid_tensor` beyond `Limits.tensorBytesMaximum`; `resource_exhausted` when the
    ///   system has no memory of that size.
    public static func allocate(byteCount: Int) throws(ServingError) -> TensorMemory {
        guard byteCount >= 0, byteCount <= Limits.tensorBytesMaximum else {
            throw ServingError(
                .invalidTensor,
                "a tensor of \(byteCount) bytes is beyond the limit of \(Limits.tensorBytesMaximum)"
            )
        }
        guard let start = malloc(max(byteCount, 1)) else {
            throw ServingError(
                .resourceExhausted, "no memory for a tensor of \(byteCount) bytes; try again later")
        }
        return TensorMemory(bytes: UnsafeMutableRawBufferPointer(start: start, count: byteCount))
    }

    deinit {
        free(bytes.baseAddress)
    }

    /// Ends writing and hands the first `count` bytes (all of them by default) out as immutable storage.
    public func freeze(count: Int? = nil) -> TensorStorage {
        TensorStorage(
            borrowing: UnsafeRawBufferPointer(rebasing: bytes[..<(count ?? bytes.count)]),
            owner: self)
    }
}
