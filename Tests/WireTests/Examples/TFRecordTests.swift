import NIOCore
import ServingCore
import Testing
import Wire

@Suite struct TFRecordTests {
    /// The check value of the algorithm's catalogue, and one of RFC 3720, appendix B.4.
    @Test(
        arguments: [
            ([UInt8]("123456789".utf8), UInt32(0xE306_9283)),
            ([UInt8](repeating: 0, count: 32), 0x8A91_36AA),
            ([UInt8](repeating: 0xFF, count: 32), 0x62A8_AB43),
            ([], 0),
        ] as [([UInt8], UInt32)])
    func computesTheChecksumOfTheStandard(bytes: [UInt8], expected: UInt32) {
        #expect(bytes.withUnsafeBytes { CRC32C.checksum($0) } == expected)
    }

    /// What TensorFlow writes for the record "hello".
    private static let hello: [UInt8] = [
        5, 0, 0, 0, 0, 0, 0, 0, 0xEA, 0xB2, 0x04, 0x3E, 0x68, 0x65, 0x6C, 0x6C, 0x6F,
        0xBB, 0x1F, 0x1C, 0x19,
    ]

    private static func records(_ bytes: [UInt8]) throws(ServingError) -> [String] {
        var reader = TFRecordReader(ByteBuffer(bytes: bytes))
        var records: [String] = []
        while let record = try reader.next() { records.append(String(buffer: record)) }
        return records
    }

    @Test func readsWhatItWrites() throws {
        var file = ByteBuffer()
        for text in ["hello", "", "and more"] { file.writeTFRecord(ByteBuffer(string: text)) }
        #expect(try Self.records(Array(buffer: file)) == ["hello", "", "and more"])
        #expect(try Self.records([]).isEmpty)
    }

    @Test func writesAsTensorFlowDoes() {
        var file = ByteBuffer()
        file.writeTFRecord(ByteBuffer(string: "hello"))
        #expect(Array(buffer: file) == Self.hello)
    }

    @Test func refusesEveryFileThatIsCutShort() {
        for count in 1..<Self.hello.count {
            #expect(throws: ServingError.self) { try Self.records(Array(Self.hello[..<count])) }
        }
    }

    @Test func noticesEveryChangedBit() {
        for index in Self.hello.indices {
            for bit in 0..<8 {
                var bytes = Self.hello
                bytes[index] ^= 1 << UInt8(bit)
                #expect(throws: ServingError.self) { try Self.records(bytes) }
            }
        }
    }

    @Test func namesTheRecordThatIsDamaged() {
        let text = message { () throws(ServingError) in
            _ = try Self.records(Self.hello + Self.hello.dropLast(2))
        }
        #expect(text == "record 2, in the 40 bytes of the file: it has 5 bytes, but 7 are left")
        let other = message { () throws(ServingError) in
            _ = try Self.records(Array("this is no record file".utf8))
        }
        #expect(other?.contains("is this a TFRecord file?") == true)
    }

    /// A length whose checksum is right, but that no file has.
    @Test func aLengthBeyondTheFileTakesNoMemory() {
        var bytes: [UInt8] = [UInt8](repeating: 0xFF, count: 8)
        let checksum = bytes.withUnsafeBytes { CRC32C.masked($0) }
        withUnsafeBytes(of: checksum.littleEndian) { bytes += Array($0) }
        bytes += [1, 2, 3, 4, 5]
        let text = message { () throws(ServingError) in _ = try Self.records(bytes) }
        #expect(text?.contains("it has 18446744073709551615 bytes, but 5 are left") == true)
    }
}
