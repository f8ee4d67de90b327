// Strings in quotes: adjacent ones are one, and escapes stand for bytes or characters.

extension TextProtobufCursor {
    /// Reads one string and those that follow it with nothing but space between.
    mutating func strings() throws(TextProtobufProblem) -> [UInt8] {
        var result: [UInt8] = []
        while let quote = byte, quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") {
            try string(quote, into: &result)
            skipSpace()
        }
        return result
    }

    private mutating func string(
        _ quote: UInt8, into result: inout [UInt8]
    ) throws(TextProtobufProblem) {
        let start = position
        advance()
        while let byte {
            switch byte {
            case quote:
                advance()
                return
            case 0x0A: throw problem("the string that begins at \(start) is not closed on its line")
            case UInt8(ascii: "\\"): try escape(into: &result)
            default:
                result.append(byte)
                advance()
            }
        }
        throw problem("the string that begins at \(start) is not closed")
    }

    private mutating func escape(into result: inout [UInt8]) throws(TextProtobufProblem) {
        let start = position
        advance()
        guard let byte else { throw problem("expected an escape after '\\', found the end") }
        if let plain = Self.plainEscapes[byte] {
            result.append(plain)
            return advance()
        }
        switch byte {
        case 0x30...0x37: try octal(into: &result, start)
        case UInt8(ascii: "x"), UInt8(ascii: "X"):
            advance()
            guard let value = hexadecimal(1...2) else {
                throw problem("expected a hexadecimal digit after '\\x', found \(found)")
            }
            result.append(UInt8(truncatingIfNeeded: value))
        case UInt8(ascii: "u"): try unicode(4, into: &result, start)
        case UInt8(ascii: "U"): try unicode(8, into: &result, start)
        default: throw problem("there is no escape of '\\' and \(found)")
        }
    }

    private mutating func octal(
        into result: inout [UInt8], _ start: TextProtobufPosition
    ) throws(TextProtobufProblem) {
        var value = 0
        var count = 0
        while count < 3, let byte, (0x30...0x37).contains(byte) {
            value = value * 8 + Int(byte - 0x30)
            count += 1
            advance()
        }
        guard let byte = UInt8(exactly: value) else {
            throw TextProtobufProblem(start, "the octal escape is \(value), more than a byte holds")
        }
        result.append(byte)
    }

    private mutating func unicode(
        _ digits: Int, into result: inout [UInt8], _ start: TextProtobufPosition
    ) throws(TextProtobufProblem) {
        var value = try unicodeValue(digits)
        // A pair of surrogates is one character, as in JSON.
        if (0xD800..<0xDC00).contains(value), byte == UInt8(ascii: "\\") {
            advance()
            let low = byte == UInt8(ascii: "u") ? try unicodeValue(4) : 0
            guard (0xDC00..<0xE000).contains(low) else {
                throw TextProtobufProblem(start, "half a surrogate pair stands alone")
            }
            value = 0x10000 + (value - 0xD800) << 10 + (low - 0xDC00)
        }
        guard let scalar = Unicode.Scalar(value) else {
            throw TextProtobufProblem(
                start, "U+\(String(value, radix: 16, uppercase: true)) is no Unicode character")
        }
        result.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
    }

    private mutating func unicodeValue(_ digits: Int) throws(TextProtobufProblem) -> UInt32 {
        advance()
        guard let value = hexadecimal(digits...digits) else {
            throw problem("expected \(digits) hexadecimal digits, found \(found)")
        }
        return value
    }

    /// Takes hexadecimal digits, at most 8; nil when there are too few.
    private mutating func hexadecimal(_ counts: ClosedRange<Int>) -> UInt32? {
        var value: UInt32 = 0
        var count = 0
        while count < counts.upperBound, let byte,
            let digit = TextProtobufNumber.hexDigit(byte)
        {
            value = value << 4 | digit
            count += 1
            advance()
        }
        return count >= counts.lowerBound ? value : nil
    }

    private static let plainEscapes: [UInt8: UInt8] = [
        UInt8(ascii: "n"): 0x0A, UInt8(ascii: "r"): 0x0D, UInt8(ascii: "t"): 0x09,
        UInt8(ascii: "a"): 0x07, UInt8(ascii: "b"): 0x08, UInt8(ascii: "f"): 0x0C,
        UInt8(ascii: "v"): 0x0B, UInt8(ascii: "\\"): 0x5C, UInt8(ascii: "'"): 0x27,
        UInt8(ascii: "\""): 0x22, UInt8(ascii: "?"): 0x3F,
    ]
}
