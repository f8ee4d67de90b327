/// Character classes of RFC 9110 section 5.6, over raw bytes.
enum ByteClasses {
    static let carriageReturn = UInt8(ascii: "\r")
    static let lineFeed = UInt8(ascii: "\n")
    static let space = UInt8(ascii: " ")
    static let tab = UInt8(ascii: "\t")

    // Bit n of `low` stands for byte n, bit n of `high` for byte 64 + n.
    private static let low = mask("!#$%&'*+-.0123456789", base: 0)
    private static let high = mask(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZ^_`abcdefghijklmnopqrstuvwxyz|~", base: 64)

    private static func mask(_ characters: StaticString, base: UInt8) -> UInt64 {
        characters.withUTF8Buffer { bytes in
            bytes.reduce(0) { $0 | 1 << UInt64($1 - base) }
        }
    }

    /// Whether every byte may stand in a method or a field name; false for none at all.
    static func isToken(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let (low, high) = (self.low, self.high)
        for byte in bytes {
            let word = byte < 64 ? low : high
            guard byte < 128, word >> UInt64(byte & 63) & 1 == 1 else { return false }
        }
        return !bytes.isEmpty
    }

    /// Whether every byte may stand in a field value: no control characters but the tab.
    static func isFieldValue(_ bytes: UnsafeRawBufferPointer) -> Bool {
        for byte in bytes where byte < 0x20 || byte == 0x7f {
            guard byte == tab else { return false }
        }
        return true
    }

    /// Whether every byte may stand in a request target: visible ASCII without `#`.
    static func isTarget(_ bytes: UnsafeRawBufferPointer) -> Bool {
        for byte in bytes where byte <= 0x20 || byte >= 0x7f || byte == UInt8(ascii: "#") {
            return false
        }
        return !bytes.isEmpty
    }

    /// Compares a token with a lower-case name, ignoring the case of ASCII letters.
    static func matches(_ token: UnsafeRawBufferPointer, _ lowerCase: StaticString) -> Bool {
        guard token.count == lowerCase.utf8CodeUnitCount else { return false }
        let name = lowerCase.utf8Start
        for index in 0..<token.count where lowered(token[index]) != name[index] { return false }
        return true
    }

    /// The lower-case form of an ASCII letter; other bytes as they are.
    static func lowered(_ byte: UInt8) -> UInt8 {
        byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
    }

    /// The bytes without spaces and tabs at both ends.
    static func trimmed(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        var start = bytes.startIndex
        var end = bytes.endIndex
        while start < end, bytes[start] == space || bytes[start] == tab { start += 1 }
        while start < end, bytes[end - 1] == space || bytes[end - 1] == tab { end -= 1 }
        return UnsafeRawBufferPointer(rebasing: bytes[start..<end])
    }

    /// The bytes as text, shortened for an error message.
    static func quoted(_ bytes: UnsafeRawBufferPointer) -> String {
        String(decoding: bytes.prefix(64), as: UTF8.self) + (bytes.count > 64 ? "…" : "")
    }
}
