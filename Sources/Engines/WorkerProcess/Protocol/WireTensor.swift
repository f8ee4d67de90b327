import ServingCore
public import Tensors

/// A tensor as a message describes it: where its bytes lie, checked against nothing yet but the payload.
public struct WireTensor: Hashable, Sendable {
    /// Where the bytes are.
    public enum Place: Hashable, Sendable {
        /// In the payload, at these offsets.
        case inline(Range<Int>)
        /// In the lane's shared memory.
        case shared(offset: Int, count: Int)
    }

    /// Largest tensor that goes inline, in bytes.
    public static let inlineBytesMaximum = 4096
    /// A payload with inline tensors stays below this many bytes, so that a pipe takes it at once.
    public static let inlinePayloadMaximum = 64 * 1024 - WorkerFrame.headBytes - 4096
    /// Tensors in shared memory begin at a multiple of this.
    public static let alignment = 64

    /// The type of the elements.
    public let elementType: ElementType
    /// The extents.
    public let shape: Shape
    /// Where the bytes are.
    public let place: Place

    /// The next multiple of the alignment; nil on overflow.
    static func aligned(_ offset: Int) -> Int? {
        let (sum, overflow) = offset.addingReportingOverflow(alignment - 1)
        return overflow ? nil : sum & ~(alignment - 1)
    }

    /// Bytes that its head takes in a payload.
    static func headBytes(rank: Int) -> Int { 22 + 8 * rank }
}

extension PayloadWriter {
    /// Type and extents.
    mutating func tensorHead(_ type: ElementType, _ shape: Shape) {
        byte(type.rawValue)
        count(shape.rank)
        for extent in shape.dimensions { integer(Int64(extent)) }
    }

    /// A tensor with its bytes.
    mutating func inlineTensor(_ tensor: Tensor) {
        tensorHead(tensor.elementType, tensor.shape)
        byte(0)
        integer(UInt64(tensor.storage.count))
        tensor.storage.withUnsafeBytes { raw($0) }
    }

    /// A tensor whose bytes lie in shared memory.
    mutating func sharedTensor(_ tensor: Tensor, at offset: Int) {
        tensorHead(tensor.elementType, tensor.shape)
        byte(1)
        integer(UInt64(offset))
        integer(UInt64(tensor.storage.count))
    }
}

extension PayloadReader {
    /// A list of tensors.
    mutating func tensors() throws(ServingError) -> [WireTensor] {
        let count = try count(bytesEach: 14)
        guard count <= Limits.tensorsPerRequestMaximum else {
            throw WorkerFault.broken("a message of \(count) tensors")
        }
        var tensors: [WireTensor] = []
        tensors.reserveCapacity(count)
        for _ in 0..<count { tensors.append(try tensor()) }
        return tensors
    }

    private mutating func tensor() throws(ServingError) -> WireTensor {
        let type = try elementType()
        let rank = try count(bytesEach: 8)
        guard rank <= Limits.tensorRankMaximum else {
            throw WorkerFault.broken("a tensor of rank \(rank)")
        }
        var dimensions: [Int] = []
        dimensions.reserveCapacity(rank)
        for _ in 0..<rank { dimensions.append(Int(try integer(Int64.self))) }
        let shape: Shape
        do throws(ServingError) { shape = try Shape(dimensions) } catch {
            throw WorkerFault.broken(error.message)
        }
        let place = try byte()
        switch place {
        case 0:
            let count = try size()
            return WireTensor(elementType: type, shape: shape, place: .inline(try skip(count)))
        case 1:
            let offset = try size()
            return WireTensor(
                elementType: type, shape: shape,
                place: .shared(offset: offset, count: try size()))
        default: throw WorkerFault.broken("a tensor in place \(place)")
        }
    }
}
