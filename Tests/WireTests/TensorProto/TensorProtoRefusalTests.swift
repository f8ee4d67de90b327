import NIOCore
import ServingCore
import Testing

@testable import Wire

@Suite struct TensorProtoRefusalTests {
    struct Refused: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let message: ByteBuffer
        let code: ErrorCode
        let words: String

        init(_ name: String, _ code: ErrorCode, _ words: String, _ message: ByteBuffer) {
            testDescription = name
            self.message = message
            self.code = code
            self.words = words
        }
    }

    @Test(arguments: contents + counts + types + shapes + damage)
    func refuses(_ refused: Refused) {
        #expect {
            _ = try TensorProto(refused.message).tensor()
        } throws: { error in
            guard let error = error as? ServingError else { return false }
            #expect(error.code == refused.code)
            #expect(error.message.contains(refused.words), "\(error.message)")
            return true
        }
    }

    private static func content(_ type: Int, _ shape: [Int64], _ bytes: [UInt8]) -> ByteBuffer {
        tensorMessage(type, shape) { buffer in
            bytes.withUnsafeBytes { buffer.writeProtobuf(4, bytes: $0) }
        }
    }

    static let contents = [
        Refused(
            "content too short", .invalidTensor, "has 7 bytes, but shape [2] of float needs 8",
            content(1, [2], [UInt8](repeating: 0, count: 7))),
        Refused(
            "content too long", .invalidTensor, "has 9 bytes",
            content(1, [2], [UInt8](repeating: 0, count: 9))),
        Refused("content of a bool", .invalidTensor, "0 or 1, not 2", content(10, [1], [2])),
        Refused("string lengths missing", .invalidTensor, "2 strings", content(7, [2], [0])),
        Refused("string bytes missing", .invalidTensor, "1 strings", content(7, [1], [2, 97])),
        Refused("string bytes left", .invalidTensor, "1 strings", content(7, [1], [0, 97])),
        Refused(
            "string length beyond 64 bits", .invalidTensor, "1 strings",
            content(7, [1], [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01])),
        Refused(
            "string lengths that overflow when added", .invalidTensor, "3 strings",
            content(7, [3], [2, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 3, 97])),
        Refused(
            "more strings than bytes", .invalidTensor, "1000000 strings",
            content(7, [1_000_000], [0, 0])),
    ]

    static let counts = [
        Refused(
            "too many floats", .invalidTensor, "float_val has 2 values, but shape [1] has 1",
            tensorMessage(1, [1]) { buffer in
                buffer.writeProtobuf(5, float: 1)
                buffer.writeProtobuf(5, float: 2)
            }),
        Refused(
            "too many integers", .invalidTensor, "int_val has 3 values",
            tensorMessage(3, [2]) { $0.writeProtobuf(7) { _ = $0.writeBytes([1, 2, 3]) } }),
        Refused(
            "too many strings", .invalidTensor, "string_val has 2 values, but shape [] has 1",
            tensorMessage(7, []) { buffer in
                buffer.writeProtobuf(8, string: "a")
                buffer.writeProtobuf(8, string: "b")
            }),
        Refused(
            "gigabytes from one value", .invalidTensor, "are not filled out, send all values",
            tensorMessage(1, [1 << 30]) { $0.writeProtobuf(5, float: 1) }),
        Refused(
            "gigabytes from one string", .invalidTensor, "are not filled out",
            tensorMessage(7, [1 << 20]) {
                $0.writeProtobuf(8, string: String(repeating: "x", count: 1000))
            }),
        Refused(
            "an int8 beyond its range", .invalidTensor, "int_val holds 128, which is no Int8",
            tensorMessage(6, [1]) { $0.writeProtobuf(7, signed: 128) }),
        Refused(
            "a negative uint8", .invalidTensor, "int_val holds -1, which is no UInt8",
            tensorMessage(4, [1]) { $0.writeProtobuf(7, signed: -1) }),
        Refused(
            "a uint16 beyond its range", .invalidTensor, "int_val holds 65536",
            tensorMessage(17, [1]) { $0.writeProtobuf(7, signed: 65_536) }),
    ]

    static let types = [
        Refused("no type", .invalidTensor, "dtype is not set", tensorMessage(0, [1])),
        Refused("complex", .unsupported, "DT_COMPLEX64", tensorMessage(8, [1])),
        Refused("quantised", .unsupported, "DT_QINT8", tensorMessage(11, [1])),
        Refused("a resource", .unsupported, "DT_RESOURCE", tensorMessage(20, [1])),
        Refused("a variant", .unsupported, "DT_VARIANT", tensorMessage(21, [1])),
        Refused("a reference", .unsupported, "DT_FLOAT_REF", tensorMessage(101, [1])),
        Refused("eight-bit float", .unsupported, "DT_FLOAT8_E5M2", tensorMessage(24, [1])),
        Refused("an unknown type", .invalidTensor, "dtype 99", tensorMessage(99, [1])),
        Refused("a negative type", .invalidTensor, "dtype -1", tensorMessage(-1, [1])),
        Refused("the largest type", .invalidTensor, "no TensorFlow", tensorMessage(.max, [1])),
    ]

    static let shapes = [
        Refused("a negative dimension", .invalidTensor, "negative", tensorMessage(1, [2, -1])),
        Refused(
            "a product beyond 64 bits", .invalidTensor, "more than",
            tensorMessage(1, [1 << 40, 1 << 40])),
        Refused(
            "an overflow that a zero hides", .invalidTensor, "more than",
            tensorMessage(1, [1 << 40, 1 << 40, 0])),
        Refused(
            "too many dimensions", .invalidTensor, "at most 32 dimensions",
            tensorMessage(1, [Int64](repeating: 1, count: 33))),
    ]

    static let damage = [
        Refused("a key cut short", .invalidRequest, "cut short", bytes(hex: "08 01 80")),
        Refused("floats cut short", .invalidRequest, "are left", bytes(hex: "08 01 2a 08 0000")),
        Refused(
            "a packed run that ends inside a float", .invalidRequest, "float_val ends inside",
            bytes(hex: "08 01 2a 03 000000")),
        Refused(
            "a packed run that ends inside a varint", .invalidRequest, "int_val ends inside",
            bytes(hex: "08 03 3a 01 80")),
        Refused(
            "a varint of eleven bytes", .invalidRequest, "more than 10 bytes",
            bytes(hex: "08 03 3a 0b ffffffffffffffffffff01")),
        Refused("a wrong wire type", .invalidRequest, "wire type", bytes(hex: "08 01 28 01")),
        Refused("strings as varints", .invalidRequest, "wire type", bytes(hex: "08 07 40 01")),
    ]
}
