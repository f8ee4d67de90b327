import ServingCore

/// A fixed-width element type as it is read from JSON.
///
/// `quick` is the hot path and may decline; `careful` then reads the same value or says what is wrong.
protocol JSONLeaf {
    /// The element in memory: the integer itself, or the bits of a number.
    associatedtype Element: FixedWidthInteger, BitwiseCopyable

    /// Reads the value at `place` and returns its end; nil to decline.
    ///
    /// At least `QuickDecimal.window` bytes are readable from `place` on.
    static func quick(
        _ place: UnsafePointer<UInt8>, _ element: inout Element, _ powers: PowersOfTen
    ) -> UnsafePointer<UInt8>?

    /// Reads the value at the scanner's position, which is none of `[` and white space.
    ///
    /// Returns nil when the value is well-formed but not of this type; throws `invalid_tensor` when
    /// it is out of range and `invalid_request` when it is no JSON.
    static func careful(_ scanner: inout JSONScanner, _ powers: PowersOfTen) throws(ServingError)
        -> Element?
}

/// Binary floating-point elements: integers and fractions, and non-finite words if the dialect has
/// them.
enum FloatLeaf<Format: BinaryFormat, Bits: FixedWidthInteger & BitwiseCopyable>: JSONLeaf {
    @inline(__always)
    static func quick(
        _ place: UnsafePointer<UInt8>, _ element: inout Bits, _ powers: PowersOfTen
    ) -> UnsafePointer<UInt8>? {
        var number = QuickDecimal()
        guard let end = QuickDecimal.scan(place, into: &number, powers),
            let bits = DecimalRounding<Format>.fastBits(number.mantissa, number.exponent, powers),
            bits < Format.infinityBits
        else { return nil }
        element = signed(bits, number.isNegative)
        return end
    }

    static func careful(_ scanner: inout JSONScanner, _ powers: PowersOfTen) throws(ServingError)
        -> Bits?
    {
        guard try scanner.peekKind() == .number else { return nil }
        let first = scanner
        guard let number = try scanner.scanNumber() else {
            let value = try scanner.scanNonFinite()
            // The quiet NaN of each format has the first bit of its fraction set.
            let bits =
                value.isNaN
                ? Format.infinityBits | 1 << UInt64(Format.significandBits - 2)
                : Format.infinityBits
            return signed(bits, value.sign == .minus)
        }
        let bits = DecimalRounding<Format>.bits(number, powers)
        guard bits < Format.infinityBits else {
            throw first.rangeError("too large for its type; the nearest number would be infinity")
        }
        return signed(bits, number.isNegative)
    }

    @inline(__always)
    private static func signed(_ bits: UInt64, _ isNegative: Bool) -> Bits {
        Bits(truncatingIfNeeded: bits) | (isNegative ? 1 << Bits(Bits.bitWidth - 1) : 0)
    }
}

/// Integer elements: digits only, as TensorFlow Serving has it; `1.0` and `1e3` are no integers.
enum IntegerLeaf<Value: FixedWidthInteger & BitwiseCopyable>: JSONLeaf {
    @inline(__always)
    static func quick(
        _ place: UnsafePointer<UInt8>, _ element: inout Value, _ powers: PowersOfTen
    ) -> UnsafePointer<UInt8>? {
        var number = QuickDecimal()
        guard let end = QuickDecimal.scan(place, into: &number, powers), number.isInteger,
            let value = JSONInteger<Value>.value(number.mantissa, isNegative: number.isNegative)
        else { return nil }
        element = value
        return end
    }

    static func careful(_ scanner: inout JSONScanner, _ powers: PowersOfTen) throws(ServingError)
        -> Value?
    {
        guard try scanner.peekKind() == .number, let number = try scanner.scanNumber() else {
            return nil
        }
        return number.isInteger ? JSONInteger<Value>.value(number) : nil
    }
}

/// `true` and `false`, as 1 and 0.
enum BooleanLeaf: JSONLeaf {
    @inline(__always)
    static func quick(
        _ place: UnsafePointer<UInt8>, _ element: inout UInt8, _ powers: PowersOfTen
    ) -> UnsafePointer<UInt8>? {
        let word = UInt32(
            littleEndian: UnsafeRawPointer(place).loadUnaligned(as: UInt32.self))
        if word == 0x6575_7274 {  // "true"
            element = 1
            return place + 4
        }
        guard word == 0x736C_6166, place[4] == UInt8(ascii: "e") else { return nil }  // "fals"
        element = 0
        return place + 5
    }

    static func careful(_ scanner: inout JSONScanner, _ powers: PowersOfTen) throws(ServingError)
        -> UInt8?
    {
        guard try scanner.peekKind() == .boolean else { return nil }
        return try scanner.readBoolean() ? 1 : 0
    }
}

extension JSONScanner {
    /// The number at the position cannot be held.
    func rangeError(_ reason: String) -> ServingError {
        ServingError(
            .invalidTensor, "JSON Value: \(valueDescription()) at offset: \(offset) is \(reason)")
    }
}
