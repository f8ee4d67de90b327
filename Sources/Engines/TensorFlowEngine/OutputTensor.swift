import CTensorFlow
import Glibc
import ServingCore
import Tensors

/// Reads a tensor of the library.
struct OutputTensor {
    let library: TensorFlowLibrary
    let handle: OpaquePointer

    /// A tensor over the library's own bytes, which takes the handle over and releases it in the end.
    ///
    /// - Throws: `engine_failed` when it is of another type or size than it says; then the handle
    ///   stays the caller's.
    func borrow(_ declared: ElementType) throws(ServingError) -> Tensor {
        let shape = try shape(declared)
        let count = try shape.byteCount(of: declared)
        let start = UnsafeRawPointer(library.data(handle))
        guard library.byteSize(handle) == count, start != nil || count == 0 else {
            throw ServingError(
                .engineFailed,
                "it has \(library.byteSize(handle)) bytes, not the \(count) of its shape \(shape)")
        }
        if count == 0 {
            library.deleteTensor(handle)
            return Tensor(trusted: declared, shape, .empty)
        }
        let bytes = UnsafeRawBufferPointer(start: start, count: count)
        let owner = OutputOwner(library, handle)
        return Tensor(trusted: declared, shape, TensorStorage(borrowing: bytes, owner: owner))
    }

    /// A copy of a string tensor in our layout; bytes are kept as they are.
    ///
    /// - Throws: `engine_failed`, also for more bytes than a tensor may have.
    func copyStrings() throws(ServingError) -> Tensor {
        let shape = try shape(.bytes)
        let count = shape.elementCount
        let stride = MemoryLayout<TF_TString>.stride
        let (wanted, overflow) = count.multipliedReportingOverflow(by: stride)
        guard !overflow, library.byteSize(handle) == wanted else {
            throw ServingError(
                .engineFailed, "it has \(library.byteSize(handle)) bytes for \(count) strings")
        }
        guard count > 0, let start = library.data(handle) else {
            return Tensor(trusted: .bytes, shape, .empty)
        }
        let strings = start.assumingMemoryBound(to: TF_TString.self)
        var total = 0
        for index in 0..<count {
            let length = library.stringSize(strings + index)
            let (sum, overflow) = total.addingReportingOverflow(
                length + BytesElements.lengthPrefixBytes)
            guard !overflow, sum <= Limits.tensorBytesMaximum else {
                throw ServingError(
                    .engineFailed,
                    "its strings have more than \(Limits.tensorBytesMaximum) bytes together")
            }
            total = sum
        }
        let memory = try TensorMemory.allocate(byteCount: total)
        guard var place = memory.bytes.baseAddress else { return try .zeros(.bytes, shape) }
        for index in 0..<count {
            let length = library.stringSize(strings + index)
            place.storeBytes(of: UInt32(truncatingIfNeeded: length).littleEndian, as: UInt32.self)
            place += BytesElements.lengthPrefixBytes
            if let source = library.stringStart(strings + index) { memcpy(place, source, length) }
            place += length
        }
        return Tensor(trusted: .bytes, shape, memory.freeze())
    }

    private func shape(_ declared: ElementType) throws(ServingError) -> Shape {
        let number = library.tensorType(handle)
        guard TensorFlowElementType.type(number) == declared else {
            throw ServingError(.engineFailed, "it is not \(declared) as declared")
        }
        let rank = max(0, library.rank(handle))
        return try Shape((0..<rank).map { Int(library.extent(handle, $0)) })
    }
}

/// A tensor of the library that lives as long as our tensor over its bytes.
///
/// `@unchecked Sendable`: the pointer is set once and released once, by whoever drops it last.
private final class OutputOwner: @unchecked Sendable {
    private let library: TensorFlowLibrary
    private let handle: OpaquePointer

    init(_ library: TensorFlowLibrary, _ handle: OpaquePointer) {
        self.library = library
        self.handle = handle
    }

    deinit {
        library.deleteTensor(handle)
    }
}
