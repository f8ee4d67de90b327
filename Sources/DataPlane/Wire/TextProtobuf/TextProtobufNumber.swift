/// The grammar of numbers: decimal, octal and hexadecimal integers, and floats with or without `f`.
enum TextProtobufNumber {
    static func isValid(_ token: [UInt8]) -> Bool { isInteger(token) || isFloat(token) }

    private static func isInteger(_ token: [UInt8]) -> Bool {
        guard let first = token.first else { return false }
        if first != UInt8(ascii: "0") { return token.allSatisfy(TextProtobufCursor.isDigit) }
        guard token.count > 1 else { return true }
        if token[1] | 0x20 == UInt8(ascii: "x") {
            return token.count > 2 && token.dropFirst(2).allSatisfy { hexDigit($0) != nil }
        }
        return token.allSatisfy { (0x30...0x37).contains($0) }
    }

    private static func isFloat(_ token: [UInt8]) -> Bool {
        var rest = token[...]
        let whole = digits(&rest)
        var fraction = 0
        let hasPoint = rest.first == UInt8(ascii: ".")
        if hasPoint {
            rest.removeFirst()
            fraction = digits(&rest)
        }
        guard whole + fraction > 0 else { return false }
        var hasExponent = false
        if let letter = rest.first, letter | 0x20 == UInt8(ascii: "e") {
            rest.removeFirst()
            if rest.first == UInt8(ascii: "-") || rest.first == UInt8(ascii: "+") {
                rest.removeFirst()
            }
            guard digits(&rest) > 0 else { return false }
            hasExponent = true
        }
        var hasSuffix = false
        if let letter = rest.first, letter | 0x20 == UInt8(ascii: "f") {
            rest.removeFirst()
            hasSuffix = true
        }
        return rest.isEmpty && (hasPoint || hasExponent || hasSuffix)
    }

    private static func digits(_ rest: inout ArraySlice<UInt8>) -> Int {
        let count = rest.prefix(while: TextProtobufCursor.isDigit).count
        rest = rest.dropFirst(count)
        return count
    }

    /// The value of a hexadecimal digit.
    static func hexDigit(_ byte: UInt8) -> UInt32? {
        switch byte {
        case 0x30...0x39: UInt32(byte - 0x30)
        case 0x41...0x46: UInt32(byte - 0x41 + 10)
        case 0x61...0x66: UInt32(byte - 0x61 + 10)
        default: nil
        }
    }
}
