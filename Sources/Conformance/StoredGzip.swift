import NIOCore

/// A gzip member whose content is stored, not compressed (RFC 1951 section 3.2.4, RFC 1952): enough to
/// see whether a server reads gzip, without a compressor.
enum StoredGzip {
    /// Wraps bytes.
    static func member(of content: ByteBuffer) -> ByteBuffer {
        var buffer = ByteBuffer(bytes: [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255])
        var rest = content
        repeat {
            let block =
                rest.readSlice(length: min(rest.readableBytes, Int(UInt16.max))) ?? ByteBuffer()
            let length = UInt16(truncatingIfNeeded: block.readableBytes)
            buffer.writeInteger(UInt8(rest.readableBytes == 0 ? 1 : 0))
            buffer.writeInteger(length, endianness: .little)
            buffer.writeInteger(~length, endianness: .little)
            buffer.writeImmutableBuffer(block)
        } while rest.readableBytes > 0
        buffer.writeInteger(checksum(content), endianness: .little)
        buffer.writeInteger(
            UInt32(truncatingIfNeeded: content.readableBytes), endianness: .little)
        return buffer
    }

    /// CRC-32 of the bytes.
    static func checksum(_ bytes: ByteBuffer) -> UInt32 {
        var sum = UInt32.max
        for byte in bytes.readableBytesView {
            sum ^= UInt32(byte)
            for _ in 0..<8 { sum = sum & 1 == 1 ? sum >> 1 ^ 0xEDB8_8320 : sum >> 1 }
        }
        return ~sum
    }
}
