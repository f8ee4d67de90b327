public import NIOCore

/// Values of header fields whose name ends in `-bin`: base64 (RFC 4648 section 4), written without
/// padding, read with or without it.
public enum GRPCBinaryMetadata {
    private static let alphabet = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// Encodes bytes.
    public static func encoded(_ bytes: ByteBuffer) -> String {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.readableBytes * 4 + 2) / 3)
        var bits: UInt32 = 0
        var count = 0
        for byte in bytes.readableBytesView {
            bits = bits << 8 | UInt32(byte)
            count += 8
            while count >= 6 {
                count -= 6
                text.append(alphabet[Int(bits >> UInt32(count)) & 63])
            }
        }
        if count > 0 { text.append(alphabet[Int(bits << UInt32(6 - count)) & 63]) }
        return String(decoding: text, as: UTF8.self)
    }

    /// Decodes a value; nil when it is not base64.
    public static func decoded(_ text: String) -> ByteBuffer? {
        var bytes = ByteBuffer()
        var bits: UInt32 = 0
        var count = 0
        let padding = text.utf8.reversed().prefix { $0 == UInt8(ascii: "=") }.count
        guard padding <= 2, padding == 0 || text.utf8.count % 4 == 0 else { return nil }
        let symbols = text.utf8.dropLast(padding)
        guard symbols.count % 4 != 1 else { return nil }
        for symbol in symbols {
            guard let value = value(of: symbol) else { return nil }
            bits = bits << 6 | value
            count += 6
            if count >= 8 {
                count -= 8
                bytes.writeInteger(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
        return bytes
    }

    private static func value(of symbol: UInt8) -> UInt32? {
        switch symbol {
        case 0x41...0x5A: UInt32(symbol - 0x41)
        case 0x61...0x7A: UInt32(symbol - 0x61) + 26
        case 0x30...0x39: UInt32(symbol - 0x30) + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}
