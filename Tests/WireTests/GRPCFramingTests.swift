import NIOCore
import Testing

@testable import Wire

@Suite struct GRPCFramingTests {
    private func framed(_ messages: String...) -> ByteBuffer {
        var bytes = ByteBuffer()
        for message in messages {
            bytes.writeInteger(UInt8(0))
            bytes.writeInteger(UInt32(message.utf8.count))
            bytes.writeString(message)
        }
        return bytes
    }

    @Test(arguments: 1...24) func cutsMessagesHoweverTheyCome(_ size: Int) throws {
        var reader = GRPCMessageReader(limit: 100)
        var bytes = framed("one", "", "three")
        var found: [String] = []
        while bytes.readableBytes > 0 {
            let count = min(size, bytes.readableBytes)
            if let part = bytes.readSlice(length: count) { reader.append(part) }
            while let message = try reader.next() { found.append(String(buffer: message.bytes)) }
        }
        #expect(found == ["one", "", "three"])
        #expect(reader.bufferedBytes == 0)
    }

    @Test func slicesAMessageThatCameWhole() throws {
        var reader = GRPCMessageReader(limit: 100)
        let bytes = framed("whole")
        reader.append(bytes)
        let message = try #require(try reader.next())
        let whole = bytes.withUnsafeReadableBytes { UInt(bitPattern: $0.baseAddress) }
        let part = message.bytes.withUnsafeReadableBytes { UInt(bitPattern: $0.baseAddress) }
        #expect(part == whole + 5)
    }

    @Test func reservesOnceForAMessageOfKnownLength() throws {
        var reader = GRPCMessageReader(limit: 1 << 30)
        var head = ByteBuffer(integer: UInt8(0))
        head.writeInteger(UInt32(600_000))
        reader.append(head)
        reader.append(ByteBuffer(repeating: 0, count: 10_000))
        let capacity = reader.capacity
        #expect(capacity >= 600_005)
        for _ in 0..<59 { reader.append(ByteBuffer(repeating: 0, count: 10_000)) }
        #expect(reader.capacity == capacity)
        #expect(try reader.next()?.bytes.readableBytes == 600_000)
    }

    @Test func doesNotReserveWhatWasOnlyClaimed() {
        var reader = GRPCMessageReader(limit: 1 << 30)
        var head = ByteBuffer(integer: UInt8(0))
        head.writeInteger(UInt32(1 << 30))
        reader.append(head)
        reader.append(ByteBuffer(repeating: 0, count: 10))
        #expect(reader.capacity <= 2 << 20)
    }

    @Test func refusesBadPrefixes() {
        var flagged = GRPCMessageReader(limit: 10)
        flagged.append(ByteBuffer(bytes: [2, 0, 0, 0, 0]))
        #expect(throws: GRPCMessageReader.Failure.compressionFlag(2)) { try flagged.next() }
        var long = GRPCMessageReader(limit: 10)
        long.append(ByteBuffer(bytes: [0, 0, 0, 0, 11]))
        #expect(throws: GRPCMessageReader.Failure.tooLarge(length: 11, limit: 10)) {
            try long.next()
        }
    }

    @Test(arguments: [
        ("1H", Duration.seconds(3600)), ("2M", .seconds(120)), ("3S", .seconds(3)),
        ("4m", .milliseconds(4)), ("5u", .microseconds(5)), ("99999999n", .nanoseconds(99_999_999)),
    ]) func readsTimeouts(_ text: String, _ duration: Duration) {
        #expect(GRPCTimeout.duration(text) == duration)
        #expect(GRPCTimeout.duration(GRPCTimeout.text(duration)) == duration)
    }

    @Test(arguments: ["", "1", "S", "-1S", "1s", "123456789S", "1 S", "1.5S", "１S"])
    func refusesOtherTimeouts(_ text: String) {
        #expect(GRPCTimeout.duration(text) == nil)
    }

    @Test(arguments: ["plain words", "100%", "ü\n\u{0}", "%41", ""])
    func messagesComeBack(_ text: String) {
        let encoded = GRPCMessageText.encoded(text, bytesMaximum: 100)
        #expect(encoded.utf8.allSatisfy { (0x20...0x7E).contains($0) })
        #expect(GRPCMessageText.decoded(encoded) == text)
    }

    @Test func clipsAMessageAtACharacter() {
        #expect(GRPCMessageText.encoded("aüb", bytesMaximum: 2) == "a")
        #expect(GRPCMessageText.encoded("aüb", bytesMaximum: 3) == "a%C3%BC")
        #expect(GRPCMessageText.decoded("a%zz%4") == "a%zz%4")
    }

    @Test(
        arguments: [
            ([], ""), ([0], "AA"), ([0, 1], "AAE"), ([255, 254, 253], "//79"),
            ([1, 2, 3, 4], "AQIDBA"),
        ] as [([UInt8], String)]) func writesBinaryMetadataWithoutPadding(
            _ bytes: [UInt8], _ text: String
        )
    {
        #expect(GRPCBinaryMetadata.encoded(ByteBuffer(bytes: bytes)) == text)
    }
}
