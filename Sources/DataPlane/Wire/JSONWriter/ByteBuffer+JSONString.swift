public import NIOCore

extension ByteBuffer {
    /// Writes a text as a JSON string: between quotation marks, escaped as RapidJSON does, that is
    /// only what RFC 8259 section 7 demands.
    public mutating func writeJSONString(_ text: String) {
        var text = text
        text.withUTF8 { writeJSONString(UnsafeRawBufferPointer($0)) }
    }

    /// Writes valid UTF-8 as a JSON string; the pointer is read during the call only.
    public mutating func writeJSONString(_ bytes: UnsafeRawBufferPointer) {
        writeInteger(UInt8(ascii: "\""))
        var rest = bytes[...]
        while let index = rest.firstIndex(where: Self.needsEscape) {
            writeBytes(UnsafeRawBufferPointer(rebasing: rest[..<index]))
            writeJSONEscape(bytes[index])
            rest = rest[(index + 1)...]
        }
        writeBytes(UnsafeRawBufferPointer(rebasing: rest))
        writeInteger(UInt8(ascii: "\""))
    }

    @inline(__always)
    private static func needsEscape(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    private mutating func writeJSONEscape(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): writeStaticString("\\\"")
        case UInt8(ascii: "\\"): writeStaticString("\\\\")
        case 0x08: writeStaticString("\\b")
        case 0x09: writeStaticString("\\t")
        case 0x0A: writeStaticString("\\n")
        case 0x0C: writeStaticString("\\f")
        case 0x0D: writeStaticString("\\r")
        default:
            writeStaticString("\\u00")
            let digits: StaticString = "0123456789ABCDEF"
            writeInteger(digits.utf8Start[Int(byte >> 4)])
            writeInteger(digits.utf8Start[Int(byte & 15)])
        }
    }
}
