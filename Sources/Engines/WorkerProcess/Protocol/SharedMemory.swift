import CWorkerProcess
import Glibc
import ServingCore
import Tensors

/// A lane's shared memory, seen from either side: a file without a name that only grows.
///
/// `@unchecked Sendable`: one thread at a time uses it, the one that holds the lane.
final class SharedMemory: @unchecked Sendable {
    /// One view of the file; tensors that borrow from it keep it.
    ///
    /// `@unchecked Sendable`: the addresses do not change; who reads and writes the bytes when is the
    /// protocol's rule.
    final class Mapping: @unchecked Sendable {
        let bytes: UnsafeMutableRawBufferPointer

        fileprivate init?(_ file: Int32, _ count: Int) {
            guard
                let start = mmap(nil, count, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0),
                start != MAP_FAILED
            else { return nil }
            bytes = UnsafeMutableRawBufferPointer(start: start, count: count)
        }

        deinit { munmap(bytes.baseAddress, bytes.count) }
    }

    /// Most bytes that a lane may have.
    static let bytesMaximum = 4 << 30
    /// It grows by steps of this many bytes at least.
    private static let step = 1 << 20

    private let file: Int32
    private var mapping: Mapping?

    /// Takes over the descriptor.
    init(file: Int32) {
        self.file = file
    }

    deinit { close(file) }

    /// The descriptor, to hand it to a process.
    var descriptor: Int32 { file }

    /// A view of at least so many bytes; the file grows when it is smaller.
    ///
    /// - Throws: `request_too_large` beyond 4 GiB; `resource_exhausted` when the system has no room.
    func room(for count: Int) throws(ServingError) -> Mapping {
        if let mapping, mapping.bytes.count >= count { return mapping }
        guard count <= Self.bytesMaximum else {
            throw ServingError(
                .requestTooLarge,
                "tensors of \(count) bytes do not fit between server and worker, where "
                    + "\(Self.bytesMaximum) do; send fewer rows")
        }
        let wanted = (count + Self.step - 1) / Self.step * Self.step
        let size = try size()
        if size < wanted, ftruncate(file, wanted) != 0 {
            throw ServingError(
                .resourceExhausted,
                "no room for \(wanted) bytes of shared memory: \(String(cString: strerror(errno)))")
        }
        return try map(max(size, wanted))
    }

    /// A view that holds the range, as far as the file has it; nil when it has not.
    func view(offset: Int, count: Int) throws(ServingError) -> Mapping? {
        let (end, overflow) = offset.addingReportingOverflow(count)
        guard offset >= 0, count >= 0, !overflow else { return nil }
        if let mapping, mapping.bytes.count >= end { return mapping }
        let size = try size()
        guard end <= size, size <= Self.bytesMaximum, size > 0 else { return nil }
        return try map(size)
    }

    /// Gives the memory of a large run back once it is over.
    func trim(beyond count: Int) {
        guard let mapping, mapping.bytes.count > count else { return }
        _ = slipway_punch(file, UInt64(count), UInt64(mapping.bytes.count - count))
    }

    private func size() throws(ServingError) -> Int {
        var status = stat()
        guard fstat(file, &status) == 0 else {
            throw ServingError(.internalError, "shared memory has no size")
        }
        return Int(status.st_size)
    }

    private func map(_ count: Int) throws(ServingError) -> Mapping {
        guard let new = Mapping(file, count) else {
            throw ServingError(
                .resourceExhausted,
                "cannot map \(count) bytes of shared memory: \(String(cString: strerror(errno)))")
        }
        mapping = new
        return new
    }
}
