import Glibc
import ServingCore
import Tensors

/// Memory that doubles as elements arrive, and then becomes a tensor's storage.
///
/// It grows with what has been read, never with what a client says will come. Aligned to 16 bytes.
///
/// `@unchecked Sendable`: one writer fills it before `freeze`; after that nobody writes.
final class GrowableMemory: @unchecked Sendable {
    private(set) var start: UnsafeMutableRawPointer
    private(set) var capacity: Int
    /// Bytes written so far.
    var count = 0

    /// Starts with room for about `estimate` bytes, within reason.
    ///
    /// - Throws: `resource_exhausted` when the system has no memory.
    init(estimate: Int) throws(ServingError) {
        capacity = min(max(estimate, 64), Self.firstCapacityMaximum)
        guard let start = malloc(capacity) else { throw Self.noMemory(capacity) }
        self.start = start
    }

    /// More is taken only when it is needed.
    private static let firstCapacityMaximum = 1 << 20

    deinit {
        free(start)
    }

    /// Makes room for `more` bytes behind those written.
    ///
    /// - Throws: `invalid_tensor` beyond `Limits.tensorBytesMaximum`; `resource_exhausted`.
    @inline(__always)
    func reserve(_ more: Int) throws(ServingError) {
        if capacity - count < more { try grow(more) }
    }

    @inline(never)
    private func grow(_ more: Int) throws(ServingError) {
        let needed = count + more
        guard needed <= Limits.tensorBytesMaximum else {
            throw ServingError(
                .invalidTensor,
                "the tensor is larger than \(Limits.tensorBytesMaximum) bytes; send a smaller one")
        }
        let next = max(needed, min(capacity * 2, Limits.tensorBytesMaximum))
        guard let moved = realloc(start, next) else { throw Self.noMemory(next) }
        start = moved
        capacity = next
    }

    /// Adds bytes.
    ///
    /// - Throws: as `reserve`.
    func append(_ bytes: UnsafeRawBufferPointer) throws(ServingError) {
        try reserve(bytes.count)
        UnsafeMutableRawBufferPointer(start: start + count, count: bytes.count)
            .copyMemory(from: bytes)
        count += bytes.count
    }

    /// Ends writing and hands the bytes out; gives unused memory back when there is much of it.
    func freeze() -> TensorStorage {
        if capacity - count > capacity / 4, let smaller = realloc(start, max(count, 1)) {
            start = smaller
            capacity = max(count, 1)
        }
        return TensorStorage(
            borrowing: UnsafeRawBufferPointer(start: start, count: count), owner: self)
    }

    private static func noMemory(_ bytes: Int) -> ServingError {
        ServingError(
            .resourceExhausted, "no memory for a tensor of \(bytes) bytes; try again later")
    }
}
