import Glibc
import NIOCore
import ServingCore
import Tensors
import Wire

/// A seeded generator (SplitMix64), so that a failure can be repeated.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }
}

/// What the C library's `printf` makes of a number.
func printed(_ format: String, _ value: Double) -> String {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 2048) { buffer in
        let count = withVaList([value]) { vsnprintf(buffer.baseAddress, 2048, format, $0) }
        let bytes = buffer.prefix(Int(count)).map { UInt8(bitPattern: $0) }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// Reads a whole document as a tensor.
func readTensor(
    _ json: String, _ type: ElementType, dialect: JSONDialect = .tensorFlowServing,
    options: JSONTensorReader.Options = .tensorFlowServing
) throws(ServingError) -> Tensor {
    try ByteBuffer(string: json).withJSONScanner(dialect) { (scanner) throws(ServingError) in
        let tensor = try JSONTensorReader(type, options: options).read(from: &scanner)
        try scanner.finish()
        return tensor
    }
}

/// Reads a whole document as a tensor of a known shape.
func readTensor(_ json: String, _ type: ElementType, shape: [Int]) throws(ServingError) -> Tensor {
    try ByteBuffer(string: json).withJSONScanner(.strict) { (scanner) throws(ServingError) in
        let tensor = try JSONTensorReader(type, options: .openInference).read(
            from: &scanner, shape: try Shape(shape))
        try scanner.finish()
        return tensor
    }
}

/// The message of the error that `body` throws; nil when it throws none.
func message(_ body: () throws(ServingError) -> Void) -> String? {
    do throws(ServingError) {
        try body()
        return nil
    } catch {
        return error.message
    }
}

/// What a writer with these options writes.
func written(
    _ options: JSONWriter.Options, _ body: (inout JSONWriter) throws(ServingError) -> Void
) throws(ServingError) -> String {
    var writer = JSONWriter(into: ByteBuffer(), options: options)
    try body(&writer)
    return String(buffer: writer.finish())
}
