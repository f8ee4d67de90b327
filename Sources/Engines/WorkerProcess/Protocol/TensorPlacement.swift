import ServingCore
import Tensors

/// Where the tensors of a message go: small ones into the message, the others into shared memory.
struct TensorPlacement {
    /// Offset in shared memory; -1 for inline.
    private(set) var offsets: [Int]
    /// The first free multiple of the alignment after them.
    private(set) var end: Int
    /// Bytes that the message's payload will hold of them.
    private(set) var payloadBytes = 0

    /// Plans.
    ///
    /// - Parameter start: The first byte of shared memory that may be used.
    /// - Throws: `request_too_large` when they do not fit.
    init(_ tensors: [Tensor], from start: Int) throws(ServingError) {
        offsets = []
        offsets.reserveCapacity(tensors.count)
        end = start
        for tensor in tensors {
            let count = tensor.storage.count
            let head = WireTensor.headBytes(rank: tensor.shape.rank)
            if count <= WireTensor.inlineBytesMaximum,
                payloadBytes + head + count <= WireTensor.inlinePayloadMaximum
            {
                offsets.append(-1)
                payloadBytes += head + count
                continue
            }
            payloadBytes += head
            offsets.append(end)
            let (sum, overflow) = end.addingReportingOverflow(count)
            guard !overflow, let next = WireTensor.aligned(sum) else {
                throw ServingError(.requestTooLarge, "the tensors do not fit into shared memory")
            }
            end = next
        }
    }

    /// Whether any tensor goes to shared memory.
    func needsMemory(from start: Int) -> Bool { end > start }

    /// Writes the tensors, each to its place.
    func write(_ tensors: [Tensor], _ mapping: SharedMemory.Mapping?, to writer: inout PayloadWriter)
    {
        for (tensor, offset) in zip(tensors, offsets) {
            guard offset >= 0, let mapping else {
                writer.inlineTensor(tensor)
                continue
            }
            let count = tensor.storage.count
            tensor.storage.withUnsafeBytes { bytes in
                UnsafeMutableRawBufferPointer(rebasing: mapping.bytes[offset..<offset + count])
                    .copyMemory(from: bytes)
            }
            writer.sharedTensor(tensor, at: offset)
        }
    }
}
