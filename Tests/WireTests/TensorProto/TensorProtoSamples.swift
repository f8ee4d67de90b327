import NIOCore
import Tensors
import Testing
import Wire

/// One tensor as TensorFlow's own Python classes serialise it, in hexadecimal.
struct TensorProtoSample: Sendable, CustomTestStringConvertible {
    let type: ElementType
    let shape: [Int]
    /// The elements as they stand in memory.
    let values: String
    /// The message with the typed field.
    let typed: String
    /// The message with `tensor_content`.
    let content: String

    init(_ type: ElementType, _ shape: [Int], values: String, typed: String, content: String) {
        self.type = type
        self.shape = shape
        self.values = values
        self.typed = typed
        self.content = content
    }

    var testDescription: String { "\(type)" }

    static let all: [TensorProtoSample] = [
        TensorProtoSample(
            .float32, [3], values: "0000c03f000000c0cdcccc3d",
            typed: "08011204120208032a0c0000c03f000000c0cdcccc3d",
            content: "0801120412020803220c0000c03f000000c0cdcccc3d"),
        TensorProtoSample(
            .float64, [2], values: "000000000000f83f00000000000000c0",
            typed: "08021204120208023210000000000000f83f00000000000000c0",
            content: "08021204120208022210000000000000f83f00000000000000c0"),
        TensorProtoSample(
            .int32, [4], values: "01000000ffffffffffffff7f00000080",
            typed: "08031204120208043a1a01ffffffffffffffffff01ffffffff0780808080f8ffffffff01",
            content: "0803120412020804221001000000ffffffffffffff7f00000080"),
        TensorProtoSample(
            .uint8, [3], values: "00c8ff",
            typed: "08041204120208033a0500c801ff01",
            content: "0804120412020803220300c8ff"),
        TensorProtoSample(
            .int16, [2], values: "0100d4fe",
            typed: "08051204120208023a0b01d4fdffffffffffffff01",
            content: "080512041202080222040100d4fe"),
        TensorProtoSample(
            .int8, [2], values: "0180",
            typed: "08061204120208023a0b0180ffffffffffffffff01",
            content: "080612041202080222020180"),
        TensorProtoSample(
            .int64, [3], values: "0100000000000000ffffffffffffffff0000000000000040",
            typed: "0809120412020803521401ffffffffffffffffff01808080808080808040",
            content: "080912041202080322180100000000000000ffffffffffffffff0000000000000040"),
        TensorProtoSample(
            .bool, [2], values: "0100",
            typed: "080a1204120208025a020100",
            content: "080a12041202080222020100"),
        TensorProtoSample(
            .bfloat16, [2], values: "c03f00c0",
            typed: "080e1204120208026a05c07f808003",
            content: "080e1204120208022204c03f00c0"),
        TensorProtoSample(
            .uint16, [2], values: "0100ffff",
            typed: "08111204120208023a0401ffff03",
            content: "081112041202080222040100ffff"),
        TensorProtoSample(
            .float16, [2], values: "003e00c0",
            typed: "08131204120208026a05807c808003",
            content: "08131204120208022204003e00c0"),
        TensorProtoSample(
            .uint32, [2], values: "01000000ffffffff",
            typed: "081612041202080282010601ffffffff0f",
            content: "0816120412020802220801000000ffffffff"),
        TensorProtoSample(
            .uint64, [2], values: "0100000000000000ffffffffffffffff",
            typed: "08171204120208028a010b01ffffffffffffffffff01",
            content: "081712041202080222100100000000000000ffffffffffffffff"),
        TensorProtoSample(
            .bytes, [3], values: "0200000068690000000002000000ff00",
            typed: "08071204120208034202686942004202ff00",
            content: "080712041202080322070200026869ff00"),
    ]
}

/// The bytes that hexadecimal digits stand for; spaces are passed over.
func bytes(hex: String) -> ByteBuffer {
    let digits = hex.compactMap(\.hexDigitValue)
    var buffer = ByteBuffer()
    for index in stride(from: 0, to: digits.count - 1, by: 2) {
        buffer.writeInteger(UInt8(digits[index] << 4 | digits[index + 1]))
    }
    return buffer
}

/// A tensor's elements in hexadecimal.
func hexadecimal(_ tensor: Tensor) -> String {
    tensor.storage.withUnsafeBytes { bytes in
        bytes.map { byte in
            let digits = String(byte, radix: 16)
            return digits.count < 2 ? "0" + digits : digits
        }.joined()
    }
}

/// A `TensorProto` written by hand.
func tensorMessage(
    _ type: Int, _ shape: [Int64], _ body: (inout ByteBuffer) -> Void = { _ in }
) -> ByteBuffer {
    var buffer = ByteBuffer()
    buffer.writeProtobufIfSet(1, signed: Int64(type))
    buffer.writeProtobuf(2) { buffer in
        for size in shape {
            buffer.writeProtobuf(2) { $0.writeProtobufIfSet(1, signed: size) }
        }
    }
    body(&buffer)
    return buffer
}
