import NIOCore
import ServingCore
import Testing

@testable import Wire

@Suite struct ProtobufTests {
    @Test(arguments: [0, 1, 127, 128, 16_383, 16_384, 1 << 35, UInt64.max])
    func aVarintReadsBackAsItWasWritten(_ value: UInt64) throws {
        var buffer = ByteBuffer()
        buffer.writeProtobuf(3, varint: value)
        #expect(buffer.readableBytes == 1 + ByteBuffer.protobufVarintWidth(value))
        let read = try buffer.withProtobufReader { reader throws(ServingError) in
            #expect(try reader.nextField() == 3)
            return try reader.varint()
        }
        #expect(read == value)
    }

    @Test(arguments: [0, 1, 127, 128, 129, 20_000])
    func aMessageOfAnyLengthGetsTheShortestLength(_ count: Int) throws {
        var buffer = ByteBuffer(string: "before")
        buffer.moveReaderIndex(forwardBy: 6)
        buffer.writeProtobuf(1) { $0.writeRepeatingByte(7, count: count) }
        let expected = 1 + ByteBuffer.protobufVarintWidth(UInt64(count)) + count
        #expect(buffer.readableBytes == expected)
        let payload = try buffer.withProtobufReader { reader throws(ServingError) in
            _ = try reader.nextField()
            return Array(try reader.payload())
        }
        #expect(payload == [UInt8](repeating: 7, count: count))
    }

    @Test func rangesOfNestedMessagesCountFromTheOutermostBuffer() throws {
        var buffer = ByteBuffer()
        buffer.writeProtobuf(1) { $0.writeProtobuf(2, string: "inner") }
        let range = try buffer.withProtobufReader { reader throws(ServingError) in
            _ = try reader.nextField()
            var inner = try reader.message()
            _ = try inner.nextField()
            return try inner.range()
        }
        #expect(buffer.getString(at: range.lowerBound, length: range.count) == "inner")
    }

    @Test(arguments: [
        [0x0A, 0x05, 0x01],  // five bytes announced, one there
        [0x00, 0x01],  // field number 0
        [0x0E],  // wire type 6
        [0x0C],  // a group ends that has not begun
        [0x0B, 0x14],  // a group ends another
        [0x0B],  // a group that never ends
        [0x08, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01],
        [0x0D, 0x01, 0x02],  // four bytes wanted, two there
        [0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01],
    ])
    func damageIsRefused(_ bytes: [UInt8]) {
        let error = #expect(throws: ServingError.self) {
            try ByteBuffer(bytes: bytes).withProtobufReader { reader throws(ServingError) in
                while try reader.nextField() != nil { try reader.skip() }
            }
        }
        #expect(error?.code == .invalidRequest)
    }

    @Test func groupsOfTheOldFormatArePassedOver() throws {
        let bytes: [UInt8] = [0x0B, 0x13, 0x08, 0x01, 0x14, 0x0C, 0x10, 0x05]
        let value = try ByteBuffer(bytes: bytes).withProtobufReader { reader throws(ServingError) in
            _ = try reader.nextField()
            try reader.skip()
            #expect(try reader.nextField() == 2)
            return try reader.varint()
        }
        #expect(value == 5)
    }

    @Test func nestingHasABound() {
        var buffer = ByteBuffer()
        for _ in 0..<Limits.protobufDepthMaximum + 1 {
            var outer = ByteBuffer()
            outer.writeProtobuf(1) { $0.writeImmutableBuffer(buffer) }
            buffer = outer
        }
        #expect(throws: ServingError.self) {
            try buffer.withProtobufReader { reader throws(ServingError) in
                var inner = reader
                while try inner.nextField() != nil { inner = try inner.message() }
            }
        }
    }
}
