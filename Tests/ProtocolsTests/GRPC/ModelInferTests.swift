import Listener
import NIOCore
import ServingCore
import Tensors
import TestSupport
import Testing
import Wire

@testable import Protocols

@Suite struct ModelInferTests {
    private static func floats(_ values: [Float]) -> [UInt8] {
        values.withUnsafeBytes { Array($0) }
    }

    private static let half = InferMessage("half_plus_two", id: "7")

    @Test func rawRequestsHaveRawAnswers() throws {
        let message = Self.half.input("x", "FP32", [2]).raw(Self.floats([1, 2]))
        let answer = try fields(try TestGRPC().call("ModelInfer", message.buffer).get())
        #expect(answer.map(\.field) == [1, 2, 3, 5, 6])
        #expect(answer[0].bytes == Array("half_plus_two".utf8))
        #expect(answer[1].bytes == Array("123".utf8))
        #expect(answer[2].bytes == Array("7".utf8))
        #expect(answer[4].bytes == Self.floats([2.5, 3]))
    }

    @Test(arguments: [
        (OpenInferenceCompatibility.kserve, [1, 2, 5]), (.mlserver, [1, 2, 5]),
        (.triton, [1, 2, 5, 6]),
    ])
    func typedRequestsHaveTypedAnswersExceptTritons(
        compatibility: OpenInferenceCompatibility, expected: [Int]
    ) throws {
        let message = InferMessage("half_plus_two").input("x", "FP32", [2]) {
            $0.writeProtobuf(6) { $0.writeBytes(Self.floats([1, 2])) }
        }
        let answer = try fields(
            try TestGRPC(compatibility).call("ModelInfer", message.buffer).get())
        #expect(answer.map(\.field) == expected)
    }

    /// The same two values, written packed, one by one, in both ways, and in two messages.
    @Test(arguments: 0..<4)
    func readsRepeatedFieldsHoweverTheyAreWritten(way: Int) throws {
        var message = InferMessage("half_plus_two")
        let one: (inout ByteBuffer) -> Void = { $0.writeProtobuf(6, float: 1) }
        let two: (inout ByteBuffer) -> Void = { $0.writeProtobuf(6, float: 2) }
        let packedTwo: (inout ByteBuffer) -> Void = {
            $0.writeProtobuf(6) { $0.writeBytes(Self.floats([2])) }
        }
        message.buffer.writeProtobuf(5) { input in
            input.writeProtobuf(1, string: "x")
            input.writeProtobuf(2, string: "FP32")
            input.writeProtobuf(3, varint: 2)
            switch way {
            case 0:
                input.writeProtobuf(5) {
                    $0.writeProtobuf(6) { $0.writeBytes(Self.floats([1, 2])) }
                }
            case 1:
                input.writeProtobuf(5) {
                    one(&$0)
                    two(&$0)
                }
            case 2:
                input.writeProtobuf(5) {
                    one(&$0)
                    packedTwo(&$0)
                }
            default:
                input.writeProtobuf(5, message: one)
                input.writeProtobuf(5, message: packedTwo)
            }
        }
        let answer = try fields(
            try TestGRPC(.triton).call("ModelInfer", message.buffer).get())
        #expect(answer.last?.bytes == Self.floats([2.5, 3]))
    }

    /// Type, field and values as varints; the bytes that the tensor must have.
    @Test(
        arguments: [
            ("INT8", 2, [UInt64.max, 127], [0xFF, 0x7F]),
            ("UINT8", 4, [0, 255], [0, 0xFF]),
            ("INT16", 2, [UInt64.max, 1], [0xFF, 0xFF, 1, 0]),
            ("UINT16", 4, [300, 1], [0x2C, 1, 1, 0]),
            // Ten bytes and five bytes are both -1 as an int32.
            ("INT32", 2, [UInt64.max, 0xFFFF_FFFF], [UInt8](repeating: 0xFF, count: 8)),
            ("UINT32", 4, [1, 2], [1, 0, 0, 0, 2, 0, 0, 0]),
            ("BOOL", 1, [0, 7], [0, 1]),
        ] as [(String, Int, [UInt64], [UInt8])])
    func readsIntegers(type: String, field: Int, values: [UInt64], expected: [UInt8]) throws {
        let message = InferMessage("m").input("x", type, [2]) { contents in
            contents.writeProtobuf(field) { packed in
                for value in values { packed.writeProtobufVarint(value) }
            }
        }
        #expect(try tensors(message)[0].tensor.storage.withUnsafeBytes { Array($0) } == expected)
    }

    private func tensors(_ message: InferMessage) throws -> [NamedTensor] {
        var inputs = ModelInferInputs(
            try ModelInferMessage(message.buffer), model: try ModelName("m"))
        return try inputs.read { _, _, _ in nil }
    }

    private static let fp32: @Sendable (inout ByteBuffer) -> Void = { contents in
        contents.writeProtobuf(6, float: 1)
    }

    @Test(
        arguments: [
            ("names no model", InferMessage("")),
            ("unable to find data for input tensor 'x'", half.input("x", "FP32", [1])),
            ("contents field must not be", half.input("x", "FP32", [1], contents: fp32).raw([0])),
            (
                "does not match the expected number of raw input contents",
                half.input("x", "FP32", [1]).raw([0, 0, 0, 0]).raw([])
            ),
            ("Expected 8, got 4", half.input("x", "FP32", [2]).raw([0, 0, 0, 0])),
            ("has 8 bytes, not 4", half.input("x", "FP32", [2], contents: fp32)),
            ("negative dimension", half.input("x", "FP32", [-1], contents: fp32)),
            ("more than", half.input("x", "FP32", [1 << 40, 1 << 40], contents: fp32)),
            ("more than", half.input("x", "FP32", [.max, .max], contents: fp32)),
            ("more than 32 dimensions", half.input("x", "FP32", Array(repeating: 1, count: 33))),
            ("invalid datatype 'FP8'", half.input("x", "FP8", [1], contents: fp32)),
            ("FP16, which has no typed contents", half.input("x", "FP16", [1], contents: fp32)),
            (
                "of type 'FP32', expected datatype 'INT64'",
                half.input("x", "INT64", [1], contents: fp32)
            ),
            (
                "more than one field",
                half.input("x", "FP32", [1]) {
                    $0.writeProtobuf(6, float: 1)
                    $0.writeProtobuf(7, double: 1)
                }
            ),
            (
                "300, which does not fit UINT8",
                half.input("x", "UINT8", [1]) { $0.writeProtobuf(4, varint: 300) }
            ),
            (
                "expected 3 INT64 elements",
                half.input("x", "INT64", [3]) { $0.writeProtobuf(3, varint: 300) }
            ),
            (
                "expected 1 INT64 elements, got more",
                half.input("x", "INT64", [1]) {
                    $0.writeProtobuf(3, varint: 1)
                    $0.writeProtobuf(3, varint: 1)
                }
            ),
            (
                "expected 2 BYTES elements",
                half.input("x", "BYTES", [2]) { $0.writeProtobuf(8, string: "a") }
            ),
            ("wire type", half.input("x", "FP32", [1]) { $0.writeProtobuf(6, varint: 1) }),
            (
                "cut short",
                half.input("x", "INT32", [1]) {
                    $0.writeProtobuf(2) { $0.writeInteger(UInt8(0x80)) }
                }
            ),
            ("integral value > 0", InferMessage("half_plus_two", version: "9e9")),
            ("invalid model version specified '-1'", InferMessage("half_plus_two", version: "-1")),
            (
                "expected int64_param",
                half.input("x", "FP32", [1], contents: fp32)
                    .parameter("timeout") { $0.writeProtobuf(1, boolean: true) }
            ),
            (
                "expected value >= 0",
                half.input("x", "FP32", [1], contents: fp32)
                    .parameter("timeout") { $0.writeProtobuf(2, signed: -5) }
            ),
            (
                "reserved for Triton",
                half.input("x", "FP32", [1], contents: fp32)
                    .parameter("triton_x") { $0.writeProtobuf(1, boolean: true) }
            ),
            ("nope", half.input("x", "FP32", [1], contents: fp32).output("nope")),
        ] as [(String, InferMessage)])
    func refusesBadRequests(words: String, message: InferMessage) throws {
        let result = try TestGRPC().call("ModelInfer", message.buffer)
        guard case .failure(let status) = result else {
            Issue.record("accepted")
            return
        }
        #expect(status.code == .invalidArgument)
        #expect(status.message.contains(words), "\(status.message)")
    }

    /// However a message is cut, it is refused or answered, and nothing is leased after it.
    @Test func survivesEveryTruncation() throws {
        let server = try TestGRPC()
        let message = Self.half.input("x", "FP32", [2]).raw(Self.floats([1, 2])).buffer
        for length in 0..<message.readableBytes {
            let cut = try #require(message.getSlice(at: message.readerIndex, length: length))
            _ = try server.call("ModelInfer", cut)
        }
        #expect(server.service.leases == 0)
    }

    @Test func packedFloatsAreBorrowedFromTheMessage() throws {
        let message = InferMessage("m").input("x", "FP32", [4]).raw(Self.floats([1, 2, 3, 4]))
        // Where the field begins in the buffer decides over alignment: try all four places.
        var borrowed = 0
        for padding in 0..<4 {
            var padded = ByteBuffer()
            padded.writeRepeatingByte(0, count: padding)
            padded.moveReaderIndex(forwardBy: padding)
            padded.writeImmutableBuffer(message.buffer)
            var inputs = ModelInferInputs(
                try ModelInferMessage(padded), model: try ModelName("m"))
            let tensor = try inputs.read { _, _, _ in nil }[0].tensor
            #expect(tensor.values(as: Float.self) == [1, 2, 3, 4])
            let isInside = padded.withUnsafeReadableBytes { outer in
                tensor.storage.withUnsafeBytes { inner in
                    guard let place = inner.baseAddress, let start = outer.baseAddress else {
                        return false
                    }
                    return place >= start && place < start + outer.count
                }
            }
            if isInside { borrowed += 1 }
        }
        #expect(borrowed == 1, "the one aligned place is borrowed, the others are copied")
    }

    @Test(arguments: [
        ("half_plus_two", "request v2_grpc ok"), ("nope", "refused v2_grpc model_not_found"),
        ("overloaded", "request v2_grpc overloaded"),
    ])
    func countsEveryRequestOnce(model: String, event: String) throws {
        let server = try TestGRPC()
        let message = InferMessage(model).input("x", "FP32", [1], contents: Self.fp32)
        _ = try server.call("ModelInfer", message.buffer)
        #expect(server.observer.events == [event])
    }
}
