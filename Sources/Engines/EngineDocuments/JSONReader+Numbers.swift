import ServingCore

extension JSONReader {
    /// Reads the number at the position, or a word for one that is not finite.
    mutating func scanNumber() throws(ServingError) -> DecimalText {
        let first = position
        if current == UInt8(ascii: "-") { position += 1 }
        if current == UInt8(ascii: "N") || current == UInt8(ascii: "I") {
            return try scanNonFinite(isNegative: position > first)
        }
        let isZero = current == UInt8(ascii: "0")
        let whole = scanDigits()
        try require(whole > 0 && (whole == 1 || !isZero), "no JSON number")
        var isInteger = true
        if current == UInt8(ascii: ".") {
            position += 1
            isInteger = false
            try require(scanDigits() > 0, "no digit after the point")
        }
        if let byte = current, byte | 0x20 == UInt8(ascii: "e") {
            position += 1
            isInteger = false
            if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { position += 1 }
            try require(scanDigits() > 0, "no digit in the exponent")
        }
        guard let start else { throw failure("no JSON number") }
        return DecimalText(start + first, count: position - first, isInteger: isInteger)
    }

    /// Moves behind digits and counts them.
    @inline(__always)
    private mutating func scanDigits() -> Int {
        let first = position
        while let byte = current, byte &- UInt8(ascii: "0") <= 9 { position += 1 }
        return position - first
    }

    private mutating func scanNonFinite(isNegative: Bool) throws(ServingError) -> DecimalText {
        let isInfinite = current == UInt8(ascii: "I")
        // `peekKind` lets words pass only where they are allowed, but not behind a sign.
        try require(allowsNonFinite, "no JSON number")
        try scanWord(isInfinite ? "Infinity" : "NaN")
        let magnitude = isInfinite ? Double.infinity : .nan
        return DecimalText(nonFinite: isNegative ? -magnitude : magnitude)
    }

    /// Moves behind the word, which must stand at the position.
    mutating func scanWord(_ word: StaticString) throws(ServingError) {
        let length = word.utf8CodeUnitCount
        guard let start, count - position >= length else { throw failure("no JSON value") }
        for index in 0..<length where start[position + index] != word.utf8Start[index] {
            throw failure("no JSON value")
        }
        position += length
    }
}
