import CMXNet
import ServingCore

/// From what a model's predictors are made: the same for all of them.
///
/// `@unchecked Sendable`: constant; the name lists are too.
final class Blueprint: @unchecked Sendable {
    let library: MXNetLibrary
    let interface: NetworkInterface
    /// Nodes whose outputs are given; empty for the network's own.
    let outputs: [String]
    /// Whether 0 in a shape means no elements.
    let usesNumpyShapes: Bool
    let intraOpThreads: Int32
    /// Names of the inputs, then of the labels.
    let names: CStrings
    private let outputNames: CStrings
    private let types: [Int32]

    init(
        _ library: MXNetLibrary, _ interface: NetworkInterface, outputs: [String],
        usesNumpyShapes: Bool, intraOpThreads: Int
    ) {
        self.library = library
        self.interface = interface
        self.outputs = outputs
        self.usesNumpyShapes = usesNumpyShapes
        self.intraOpThreads = Int32(clamping: intraOpThreads)
        names = CStrings(interface.inputs.map(\.name) + interface.labels.map(\.name))
        outputNames = CStrings(outputs)
        types = interface.inputs.map { Int32(MXNetElementType.number($0.elementType) ?? 0) }
    }

    /// Makes the first predictor of a lane, with weights of its own; called on the lane's thread.
    func create(_ files: ModelBytes, _ shapes: [[Int]]) throws(ServingError) -> MXPredictorHandle {
        let packed = PackedShapes(shapes)
        var handle: MXPredictorHandle?
        let status = files.withPointers { symbol, parameters in
            outputs.isEmpty
                ? library.functions.create(
                    symbol, parameters.start, parameters.count, Self.cpu, 0,
                    UInt32(shapes.count), names.start, packed.starts, packed.extents,
                    UInt32(types.count), names.start, types, &handle)
                : library.functions.createWithOutputs(
                    symbol, parameters.start, parameters.count, Self.cpu, 0,
                    UInt32(shapes.count), names.start, packed.starts, packed.extents,
                    UInt32(outputs.count), outputNames.start, &handle)
        }
        guard status == 0, let handle else {
            throw ServingError(.modelInvalid, library.lastError())
        }
        return handle
    }

    /// Makes another predictor over the weights of one; called on the lane's thread.
    func reshape(_ handle: MXPredictorHandle, _ shapes: [[Int]]) throws(ServingError)
        -> MXPredictorHandle
    {
        let packed = PackedShapes(shapes)
        var made: MXPredictorHandle?
        let status = library.functions.reshape(
            UInt32(shapes.count), names.start, packed.starts, packed.extents, handle, &made)
        guard status == 0, let made else {
            throw ServingError(.invalidTensor, library.lastError())
        }
        return made
    }

    /// The shapes of a predictor's outputs.
    func outputShapes(of handle: MXPredictorHandle, count: Int) throws(ServingError) -> [[Int]] {
        var result: [[Int]] = []
        for index in 0..<count {
            var extents: UnsafeMutablePointer<UInt32>?
            var rank: UInt32 = 0
            guard library.functions.outputShape(handle, UInt32(index), &extents, &rank) == 0 else {
                throw ServingError(.engineFailed, library.lastError())
            }
            result.append((0..<Int(rank)).map { Int(extents?[$0] ?? 0) })
        }
        return result
    }

    /// MXNet's numbers of the types of a predictor's outputs.
    func outputTypes(of handle: MXPredictorHandle, count: Int) throws(ServingError) -> [Int] {
        var types = [Int32](repeating: -1, count: count)
        for index in 0..<count {
            guard library.functions.outputType(handle, UInt32(index), &types) == 0 else {
                throw ServingError(.engineFailed, library.lastError())
            }
        }
        return types.map(Int.init)
    }

    /// `kCPU` of MXNet's contexts.
    private static let cpu: Int32 = 1
}

/// Shapes as the library takes them: all extents, and where each shape begins.
struct PackedShapes {
    let starts: [UInt32]
    let extents: [UInt32]

    /// Packs shapes whose extents were checked to fit 32 bits.
    init(_ shapes: [[Int]]) {
        var starts: [UInt32] = [0]
        var extents: [UInt32] = []
        for shape in shapes {
            extents += shape.map { UInt32(clamping: $0) }
            starts.append(UInt32(extents.count))
        }
        // The address of an empty array means nothing; one extent too many is never read.
        self.extents = extents.isEmpty ? [0] : extents
        self.starts = starts
    }
}

/// The bytes of a model's files while predictors are made from them.
///
/// `@unchecked Sendable`: constant.
final class ModelBytes: @unchecked Sendable {
    private let symbol: [UInt8]
    private let parameters: UnsafeRawBufferPointer
    private let owner: AnyObject?

    /// An empty list of arrays: its mark, a reserved word, no arrays, no names.
    private static let nothing: [UInt64] = [ParameterFile.listMark.littleEndian, 0, 0, 0]

    /// Takes the network's text and the weights, which the owner keeps alive; nil for none.
    init(symbol: UnsafeRawBufferPointer, parameters: UnsafeRawBufferPointer?, owner: AnyObject?) {
        self.symbol = Array(symbol) + [0]
        self.parameters = parameters ?? UnsafeRawBufferPointer(start: nil, count: 0)
        self.owner = owner
    }

    /// Lends both.
    func withPointers<Result>(
        _ body: (UnsafePointer<CChar>, (start: UnsafeRawPointer, count: Int32)) -> Result
    ) -> Result {
        defer { withExtendedLifetime(owner) {} }
        return symbol.withUnsafeBytes { symbol in
            Self.nothing.withUnsafeBytes { nothing in
                let bytes = parameters.isEmpty ? nothing : parameters
                guard let start = bytes.baseAddress, let text = symbol.baseAddress else {
                    // Neither is ever empty: both hold at least what is written above.
                    preconditionFailure("a buffer without bytes")
                }
                return body(
                    text.assumingMemoryBound(to: CChar.self), (start, Int32(clamping: bytes.count)))
            }
        }
    }
}
