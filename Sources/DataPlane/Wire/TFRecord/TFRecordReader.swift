public import NIOCore
public import ServingCore

/// Reads the records of a TFRecord file from its bytes, without copying them.
///
/// A record is its length (8 bytes, little-endian), the masked CRC-32C of these, the data, and the
/// masked CRC-32C of the data. Source of the format: TensorFlow's `lib/io/record_writer.h`.
public struct TFRecordReader {
    /// Bytes around the data of a record.
    public static let framingBytes = 16

    private var rest: ByteBuffer
    private let byteCount: Int
    /// Records read so far.
    public private(set) var count = 0

    /// Starts at the first record of a file that is not compressed.
    public init(_ file: ByteBuffer) {
        rest = file
        byteCount = file.readableBytes
    }

    /// The data of the next record, borrowed from the file; nil at the end.
    ///
    /// - Throws: `invalid_request` for a record that is cut short or whose checksums differ; read no
    ///   further then.
    public mutating func next() throws(ServingError) -> ByteBuffer? {
        guard rest.readableBytes > 0 else { return nil }
        guard let head = rest.readSlice(length: 12) else {
            throw damage("\(rest.readableBytes) bytes are left, but its head has 12")
        }
        guard
            let length = head.getInteger(
                at: head.readerIndex, endianness: .little, as: UInt64.self),
            let lengthChecksum = head.getInteger(
                at: head.readerIndex + 8, endianness: .little, as: UInt32.self)
        else { throw damage("its head is cut short") }
        guard Self.masked(head.getSlice(at: head.readerIndex, length: 8)) == lengthChecksum else {
            throw damage("the checksum of its length is wrong; is this a TFRecord file?")
        }
        guard let count = Int(exactly: length), rest.readableBytes >= 4,
            count <= rest.readableBytes - 4
        else { throw damage("it has \(length) bytes, but \(rest.readableBytes) are left") }
        guard let data = rest.readSlice(length: count),
            let checksum = rest.readInteger(endianness: .little, as: UInt32.self)
        else { throw damage("it is cut short") }
        guard Self.masked(data) == checksum else {
            throw damage("the checksum of its data is wrong")
        }
        self.count += 1
        return data
    }

    private static func masked(_ bytes: ByteBuffer?) -> UInt32? {
        bytes?.withUnsafeReadableBytes { CRC32C.masked($0) }
    }

    private func damage(_ what: String) -> ServingError {
        ServingError(
            .invalidRequest,
            "record \(count + 1), in the \(byteCount) bytes of the file: \(what)")
    }
}

extension ByteBuffer {
    /// Appends a record of a TFRecord file.
    public mutating func writeTFRecord(_ data: ByteBuffer) {
        var length = ByteBuffer()
        length.writeInteger(UInt64(data.readableBytes), endianness: .little)
        writeImmutableBuffer(length)
        writeInteger(
            length.withUnsafeReadableBytes { CRC32C.masked($0) }, endianness: .little)
        writeImmutableBuffer(data)
        writeInteger(data.withUnsafeReadableBytes { CRC32C.masked($0) }, endianness: .little)
    }
}
