import ServingCore

extension JSONReader {
    /// Reads the string at whose quotation mark the position is.
    mutating func scanString() throws(ServingError) -> String {
        position += 1
        let first = position
        while let byte = current, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") {
            try require(byte >= 0x20, "a control character in a string")
            position += 1
        }
        try require(current != nil, "the document ends within a string")
        if current == UInt8(ascii: "\"") {
            defer { position += 1 }
            return try text(
                UnsafeBufferPointer(start: start.map { $0 + first }, count: position - first))
        }
        return try scanEscapedString(from: first)
    }

    private func text(_ bytes: UnsafeBufferPointer<UInt8>) throws(ServingError) -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw failure("a string that is not UTF-8")
        }
        return text
    }

    /// Reads the rest of a string that has a backslash at the position.
    private mutating func scanEscapedString(from first: Int) throws(ServingError) -> String {
        var bytes: [UInt8] = []
        if let start { bytes += UnsafeBufferPointer(start: start + first, count: position - first) }
        while let byte = current, byte != UInt8(ascii: "\"") {
            try require(byte >= 0x20, "a control character in a string")
            position += 1
            if byte == UInt8(ascii: "\\") {
                let scalar = try scanEscape()
                bytes += UTF8.encode(scalar).map { Array($0) } ?? []
            } else {
                bytes.append(byte)
            }
        }
        try require(current != nil, "the document ends within a string")
        position += 1
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw failure("a string that is not UTF-8 ends")
        }
        return text
    }

    /// Reads what follows a backslash.
    private mutating func scanEscape() throws(ServingError) -> Unicode.Scalar {
        guard let byte = current else { throw failure("the document ends within a string") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return try scanCodeUnits()
        default: throw failure("a backslash before what is no escape")
        }
    }

    /// Reads four hexadecimal digits, and the second half of a surrogate pair.
    private mutating func scanCodeUnits() throws(ServingError) -> Unicode.Scalar {
        let high = UInt32(try scanHexadecimal())
        var value = high
        if (0xD800..<0xDC00).contains(high), current == UInt8(ascii: "\\") {
            position += 1
            try require(current == UInt8(ascii: "u"), "half a surrogate pair")
            position += 1
            let low = UInt32(try scanHexadecimal())
            try require((0xDC00..<0xE000).contains(low), "half a surrogate pair")
            value = 0x10000 + (high - 0xD800) << 10 + (low - 0xDC00)
        }
        guard let scalar = Unicode.Scalar(value) else { throw failure("half a surrogate pair") }
        return scalar
    }

    private mutating func scanHexadecimal() throws(ServingError) -> UInt16 {
        var value: UInt16 = 0
        for _ in 0..<4 {
            guard let byte = current, let digit = Character(Unicode.Scalar(byte)).hexDigitValue
            else { throw failure("no four hexadecimal digits") }
            value = value << 4 | UInt16(digit)
            position += 1
        }
        return value
    }
}
