import NIOCore

extension JSONWriter {
    /// Writes valid UTF-8 between quotation marks, escaped as RapidJSON does: only what must be.
    mutating func writeQuoted(_ bytes: UnsafeRawBufferPointer) {
        buffer.writeInteger(UInt8(ascii: "\""))
        var rest = bytes[...]
        while let index = rest.firstIndex(where: Self.needsEscape) {
            buffer.writeBytes(UnsafeRawBufferPointer(rebasing: rest[..<index]))
            writeEscape(bytes[index])
            rest = rest[(index + 1)...]
        }
        buffer.writeBytes(UnsafeRawBufferPointer(rebasing: rest))
        buffer.writeInteger(UInt8(ascii: "\""))
    }

    @inline(__always)
    private static func needsEscape(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    private mutating func writeEscape(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): buffer.writeStaticString("\\\"")
        case UInt8(ascii: "\\"): buffer.writeStaticString("\\\\")
        case 0x08: buffer.writeStaticString("\\b")
        case 0x09: buffer.writeStaticString("\\t")
        case 0x0A: buffer.writeStaticString("\\n")
        case 0x0C: buffer.writeStaticString("\\f")
        case 0x0D: buffer.writeStaticString("\\r")
        default:
            buffer.writeStaticString("\\u00")
            let digits: StaticString = "0123456789ABCDEF"
            buffer.writeInteger(digits.utf8Start[Int(byte >> 4)])
            buffer.writeInteger(digits.utf8Start[Int(byte & 15)])
        }
    }
}
