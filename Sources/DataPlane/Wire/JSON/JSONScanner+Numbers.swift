public import ServingCore

extension JSONScanner {
    /// Reads an integer of 64 bits.
    ///
    /// - Throws: `invalid_request` for a fraction or an exponent (also `1.0`), and out of range.
    public mutating func readInteger() throws(ServingError) -> Int {
        skipWhiteSpace()
        var place = self
        if try place.peekKind() == .number, let number = try place.scanNumber(), number.isInteger,
            let value = JSONInteger<Int64>.value(number)
        {
            self = place
            return Int(value)
        }
        throw kindError(expected: "integer from \(Int64.min) to \(Int64.max)")
    }

    /// Reads an integer of 64 bits without sign.
    ///
    /// - Throws: `invalid_request` for a fraction or an exponent (also `1.0`), and out of range.
    public mutating func readUnsignedInteger() throws(ServingError) -> UInt64 {
        skipWhiteSpace()
        var place = self
        if try place.peekKind() == .number, let number = try place.scanNumber(), number.isInteger,
            let value = JSONInteger<UInt64>.value(number)
        {
            self = place
            return value
        }
        throw kindError(expected: "integer from 0 to \(UInt64.max)")
    }

    /// Reads a number, correctly rounded.
    ///
    /// - Throws: `invalid_request` for another kind of value, and beyond the range of binary64.
    public mutating func readDouble() throws(ServingError) -> Double {
        guard try peekKind() == .number else { throw kindError(expected: "number") }
        guard let number = try scanNumber() else { return try scanNonFinite() }
        let bits = DecimalRounding<Float64Format>.bits(number, .shared)
        guard bits < Float64Format.infinityBits else {
            throw parseError(JSONParseReason.numberTooBig)
        }
        let magnitude = Double(bitPattern: bits)
        return number.isNegative ? -magnitude : magnitude
    }

    /// Reads `true` or `false`.
    ///
    /// - Throws: `invalid_request` for another kind of value.
    public mutating func readBoolean() throws(ServingError) -> Bool {
        guard try peekKind() == .boolean else { throw kindError(expected: "boolean") }
        let isTrue = current == UInt8(ascii: "t")
        try skipWord(isTrue ? "true" : "false")
        return isTrue
    }

    /// Reads `null`.
    ///
    /// - Throws: `invalid_request` for another kind of value.
    public mutating func readNull() throws(ServingError) {
        guard try peekKind() == .null else { throw kindError(expected: "null") }
        try skipWord("null")
    }

    /// Moves behind the word, which must stand at the position.
    mutating func skipWord(_ word: StaticString) throws(ServingError) {
        guard matches(word) else { throw parseError(JSONParseReason.invalidValue) }
        position += word.utf8CodeUnitCount
    }

    /// Whether the word stands at the position.
    func matches(_ word: StaticString) -> Bool {
        let count = word.utf8CodeUnitCount
        guard end - position >= count else { return false }
        for index in 0..<count where position[index] != word.utf8Start[index] { return false }
        return true
    }

    /// Moves behind one of the words for numbers that are not finite, which the dialect allows.
    mutating func scanNonFinite() throws(ServingError) -> Double {
        var place = self
        let isNegative = place.current == UInt8(ascii: "-")
        if isNegative { place.position += 1 }
        let magnitude: Double
        if place.matches("NaN") {
            place.position += 3
            magnitude = .nan
        } else if place.matches("Infinity") {
            place.position += 8
            magnitude = .infinity
        } else if place.matches("Inf"), place.remaining == 3 || place.position[3] != 0x69 {
            place.position += 3
            magnitude = .infinity
        } else {
            throw parseError(JSONParseReason.invalidValue)
        }
        self = place
        return isNegative ? -magnitude : magnitude
    }

    /// Moves behind the number at the position; nil, without moving, at a word for one that is not
    /// finite.
    mutating func scanNumber() throws(ServingError) -> DecimalNumber? {
        var number = DecimalNumber()
        let first = position
        if current == UInt8(ascii: "-") {
            number.isNegative = true
            position += 1
        }
        guard let lead = current, lead &- UInt8(ascii: "0") <= 9 else {
            let isWord = current == UInt8(ascii: "N") || current == UInt8(ascii: "I")
            guard isWord, dialect.allowsNonFiniteNumbers else {
                throw parseError(JSONParseReason.invalidValue)
            }
            position = first
            return nil
        }
        var significant = 0
        if lead == UInt8(ascii: "0") {
            position += 1
            if let next = current, next &- UInt8(ascii: "0") <= 9 {
                throw parseError(JSONParseReason.invalidValue)
            }
        } else {
            number.exponent += scanDigits(into: &number, &significant).dropped
        }
        if current == UInt8(ascii: ".") {
            position += 1
            number.isInteger = false
            let digits = scanDigits(into: &number, &significant)
            guard digits.count > 0 else { throw parseError(JSONParseReason.missingFraction) }
            number.exponent -= digits.count - digits.dropped
        }
        if let mark = current, mark | 0x20 == UInt8(ascii: "e") {
            position += 1
            number.isInteger = false
            number.exponent += try scanExponent()
        }
        number.text = UnsafeBufferPointer(start: first, count: position - first)
        return number
    }

    /// Adds digits to the mantissa until it has 19; counts those, and how many of them were dropped.
    private mutating func scanDigits(into number: inout DecimalNumber, _ significant: inout Int)
        -> (count: Int, dropped: Int)
    {
        let first = position
        var dropped = 0
        while position < end {
            let digit = position.pointee &- UInt8(ascii: "0")
            guard digit <= 9 else { break }
            position += 1
            if significant == 19 {
                dropped += 1
                if digit != 0 { number.isTruncated = true }
                continue
            }
            number.mantissa = number.mantissa &* 10 &+ UInt64(digit)
            if number.mantissa != 0 { significant += 1 }
        }
        return (position - first, dropped)
    }

    private mutating func scanExponent() throws(ServingError) -> Int {
        var isNegative = false
        if current == UInt8(ascii: "-") || current == UInt8(ascii: "+") {
            isNegative = current == UInt8(ascii: "-")
            position += 1
        }
        let first = position
        var value = 0
        while position < end {
            let digit = position.pointee &- UInt8(ascii: "0")
            guard digit <= 9 else { break }
            position += 1
            value = min(value * 10 + Int(digit), DecimalNumber.exponentMagnitudeMaximum)
        }
        guard position > first else { throw parseError(JSONParseReason.missingExponent) }
        return isNegative ? -value : value
    }
}

/// Integers of one type from JSON numbers.
enum JSONInteger<Value: FixedWidthInteger> {
    /// The value of an integer number; nil when the type does not hold it.
    @inline(__always)
    static func value(_ number: borrowing DecimalNumber) -> Value? {
        // An exponent that is not zero stands for digits dropped after the 19th.
        if number.exponent != 0 { return largeValue(number) }
        return value(number.mantissa, isNegative: number.isNegative)
    }

    /// The value from sign and magnitude; nil when the type does not hold it.
    @inline(__always)
    static func value(_ magnitude: UInt64, isNegative: Bool) -> Value? {
        if !isNegative { return Value(exactly: magnitude) }
        if magnitude == 0 { return 0 }
        guard Value.isSigned, magnitude <= 1 << 63 else { return nil }
        return Value(exactly: Int64(truncatingIfNeeded: 0 &- magnitude))
    }

    /// Twenty digits: only an unsigned 64-bit integer has room for them.
    private static func largeValue(_ number: DecimalNumber) -> Value? {
        guard number.exponent == 1, !number.isNegative, let last = number.text.last else {
            return nil
        }
        let (tens, overflow) = number.mantissa.multipliedReportingOverflow(by: 10)
        let (sum, carry) = tens.addingReportingOverflow(UInt64(last - UInt8(ascii: "0")))
        return overflow || carry ? nil : Value(exactly: sum)
    }
}
