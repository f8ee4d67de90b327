import CTensorFlow
import Glibc
import ServingCore
import Tensors

/// Makes tensors of the library out of ours.
enum InputTensor {
    /// Wraps numbers, which the library borrows when they are aligned to 64 bytes and else copies;
    /// copies strings into the library's form.
    ///
    /// What is borrowed lives as long as the library wants it: an output may be an input, unchanged.
    ///
    /// - Returns: A tensor that the caller releases.
    /// - Throws: `resource_exhausted`; `invalid_tensor` when the library refuses the tensor.
    static func make(_ tensor: Tensor, _ library: TensorFlowLibrary) throws(ServingError)
        -> OpaquePointer
    {
        if tensor.elementType == .bytes {
            let block = try StringBlock(tensor, library)
            return try wrap(tensor, block.start, block.byteCount, block, library)
        }
        let lent = LentTensor(tensor)
        // The address stays valid after the closure: `lent` owns the bytes.
        let start = tensor.storage.withUnsafeBytes { $0.baseAddress } ?? nothing
        return try wrap(
            tensor, UnsafeMutableRawPointer(mutating: start), tensor.storage.count, lent, library)
    }

    private static func wrap(
        _ tensor: Tensor, _ start: UnsafeMutableRawPointer, _ byteCount: Int, _ owner: AnyObject,
        _ library: TensorFlowLibrary
    ) throws(ServingError) -> OpaquePointer {
        let dimensions = tensor.shape.dimensions
        let made = dimensions.withUnsafeBufferPointer { extents in
            extents.withMemoryRebound(to: Int64.self) { extents in
                library.newTensor(
                    TensorFlowElementType.number(tensor.elementType), extents.baseAddress,
                    Int32(clamping: extents.count), start, byteCount,
                    { _, _, owner in
                        if let owner { Unmanaged<AnyObject>.fromOpaque(owner).release() }
                    }, Unmanaged.passRetained(owner).toOpaque())
            }
        }
        guard let made else {
            throw ServingError(
                .invalidTensor,
                "TensorFlow takes no \(tensor.elementType) tensor of shape \(tensor.shape)")
        }
        return made
    }

    /// An address for tensors without bytes: the library wants one.
    ///
    /// `nonisolated(unsafe)`: set once, and no byte of it is ever read or written.
    private nonisolated(unsafe) static let nothing = UnsafeRawPointer(
        UnsafeMutableRawPointer.allocate(byteCount: 64, alignment: 64))
}

/// Keeps a tensor's bytes while the library uses them.
private final class LentTensor: Sendable {
    private let tensor: Tensor

    init(_ tensor: Tensor) {
        self.tensor = tensor
    }
}

/// Strings in the library's form, one behind another.
///
/// `@unchecked Sendable`: written in the initialiser; afterwards it belongs to the library, which
/// reads it from any thread and releases it once.
private final class StringBlock: @unchecked Sendable {
    let start: UnsafeMutableRawPointer
    let byteCount: Int
    private let count: Int
    private let library: TensorFlowLibrary

    init(_ tensor: Tensor, _ library: TensorFlowLibrary) throws(ServingError) {
        let count = tensor.shape.elementCount
        let (bytes, overflow) = count.multipliedReportingOverflow(
            by: MemoryLayout<TF_TString>.stride)
        var memory: UnsafeMutableRawPointer?
        guard !overflow, bytes <= Limits.tensorBytesMaximum,
            posix_memalign(&memory, 64, max(bytes, 64)) == 0, let memory
        else {
            throw ServingError(
                .resourceExhausted, "no memory for \(count) strings; try again later")
        }
        start = memory
        byteCount = bytes
        self.count = count
        self.library = library
        let strings = memory.bindMemory(to: TF_TString.self, capacity: max(1, count))
        var index = 0
        BytesElements.forEach(in: tensor) { element in
            // The framing was checked against the shape when the tensor was made.
            guard index < count else { return }
            library.stringInit(strings + index)
            library.stringCopy(
                strings + index, element.baseAddress?.assumingMemoryBound(to: CChar.self),
                element.count)
            index += 1
        }
        while index < count {
            library.stringInit(strings + index)
            index += 1
        }
    }

    deinit {
        let strings = start.assumingMemoryBound(to: TF_TString.self)
        for index in 0..<count { library.stringDealloc(strings + index) }
        free(start)
    }
}
