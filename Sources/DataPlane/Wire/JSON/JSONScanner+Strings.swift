public import ServingCore

extension JSONScanner {
    /// Reads a string.
    ///
    /// - Throws: `invalid_request` for another kind of value, bad escapes or bytes that are no UTF-8.
    public mutating func readString() throws(ServingError) -> String {
        guard try peekKind() == .string else { throw kindError(expected: "string") }
        return try scanString().string
    }

    /// Moves behind the string at the position and checks it; the position is at its quotation mark.
    mutating func scanString() throws(ServingError) -> JSONText {
        position += 1
        let first = position
        var hasEscapes = false
        while true {
            skipPlainCharacters()
            guard let byte = current else { throw parseError(JSONParseReason.unclosedString) }
            if byte == UInt8(ascii: "\"") {
                let text = JSONText(start: first, count: position - first, hasEscapes: hasEscapes)
                position += 1
                return text
            }
            if byte == UInt8(ascii: "\\") {
                hasEscapes = true
                try skipEscape()
            } else if byte < 0x20 {
                throw parseError(JSONParseReason.invalidEncoding)
            } else {
                let length = UTF8Check.sequenceLength(position, end)
                guard length > 0 else { throw parseError(JSONParseReason.invalidEncoding) }
                position += length
            }
        }
    }

    /// Moves to the next quotation mark, backslash, control character or byte that is not ASCII.
    @inline(__always)
    private mutating func skipPlainCharacters() {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let highs: UInt64 = 0x8080_8080_8080_8080
        while end - position >= 8 {
            let word = UInt64(
                littleEndian: UnsafeRawPointer(position).loadUnaligned(as: UInt64.self))
            let quote = word ^ (ones &* 0x22)
            let slash = word ^ (ones &* 0x5C)
            // A byte's high bit is set where the byte is zero or above 0x7F (then exactly so in
            // `word` too); a false hit needs a true one below it, and only the lowest is used.
            let hits =
                ((quote &- ones) | (slash &- ones) | (word &- ones &* 0x20) | word) & highs
            if hits != 0 {
                position += hits.trailingZeroBitCount >> 3
                return
            }
            position += 8
        }
        while position < end {
            let byte = position.pointee
            if byte < 0x20 || byte == 0x22 || byte == 0x5C || byte > 0x7F { return }
            position += 1
        }
    }

    /// Moves behind the escape at the position.
    private mutating func skipEscape() throws(ServingError) {
        guard end - position >= 2 else { throw parseError(JSONParseReason.unclosedString) }
        switch position[1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"),
            UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            position += 2
        case UInt8(ascii: "u"):
            try skipUnicodeEscape()
        default:
            throw parseError(JSONParseReason.invalidEscape)
        }
    }

    private mutating func skipUnicodeEscape() throws(ServingError) {
        guard end - position >= 6, let unit = JSONText.hex4(position + 2) else {
            throw parseError(JSONParseReason.invalidHex)
        }
        if unit & 0xF800 != 0xD800 {
            position += 6
            return
        }
        guard unit & 0xFC00 == 0xD800, end - position >= 12, position[6] == UInt8(ascii: "\\"),
            position[7] == UInt8(ascii: "u"), let low = JSONText.hex4(position + 8),
            low & 0xFC00 == 0xDC00
        else { throw parseError(JSONParseReason.invalidSurrogate) }
        position += 12
    }
}

/// Well-formedness of UTF-8 by the table of the Unicode Standard (3.9, table 3-7).
enum UTF8Check {
    /// Bytes of the well-formed sequence at `first`; 0 when there is none before `end`.
    static func sequenceLength(_ first: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>) -> Int {
        let available = end - first
        guard available > 0 else { return 0 }
        func isContinuation(_ index: Int) -> Bool { first[index] & 0xC0 == 0x80 }
        switch first[0] {
        case 0x00...0x7F:
            return 1
        case 0xC2...0xDF:
            return available >= 2 && isContinuation(1) ? 2 : 0
        case 0xE0...0xEF:
            guard available >= 3, isContinuation(1), isContinuation(2) else { return 0 }
            if first[0] == 0xE0, first[1] < 0xA0 { return 0 }
            if first[0] == 0xED, first[1] > 0x9F { return 0 }
            return 3
        case 0xF0...0xF4:
            guard available >= 4, isContinuation(1), isContinuation(2), isContinuation(3) else {
                return 0
            }
            if first[0] == 0xF0, first[1] < 0x90 { return 0 }
            if first[0] == 0xF4, first[1] > 0x8F { return 0 }
            return 4
        default:
            return 0
        }
    }

    /// Whether all bytes together are well-formed UTF-8.
    static func isValid(_ bytes: UnsafeRawBufferPointer) -> Bool {
        bytes.withMemoryRebound(to: UInt8.self) { bytes in
            guard var position = bytes.baseAddress else { return true }
            let end = position + bytes.count
            while position < end {
                if position.pointee < 0x80 {
                    position += 1
                    continue
                }
                let length = sequenceLength(position, end)
                guard length > 0 else { return false }
                position += length
            }
            return true
        }
    }
}
