/// The quick way to scan a number: no bounds checks, eight digits of a fraction at a time.
///
/// It knows numbers of up to 19 digits and declines all others, and all errors; `scanNumber` then
/// looks at them with care.
struct QuickDecimal {
    var mantissa: UInt64 = 0
    var exponent = 0
    var isNegative = false
    var isInteger = true

    /// Bytes that must be readable from the first one of the number on.
    ///
    /// A sign, 20 digits, a point, 32 digits and one more word are at most 62 bytes.
    static let window = 64

    /// Returns the end of the number; nil when it declines.
    @inline(__always)
    static func scan(
        _ start: UnsafePointer<UInt8>, into number: inout QuickDecimal, _ powers: PowersOfTen
    ) -> UnsafePointer<UInt8>? {
        var place = start
        number.isNegative = place.pointee == UInt8(ascii: "-")
        place += number.isNegative ? 1 : 0
        let first = place
        var digit = place.pointee &- UInt8(ascii: "0")
        guard digit <= 9 else { return nil }
        var mantissa = UInt64(digit)
        place += 1
        var digits = 0
        if mantissa == 0 {
            guard place.pointee &- UInt8(ascii: "0") > 9 else { return nil }
        } else {
            digit = place.pointee &- UInt8(ascii: "0")
            while digit <= 9 {
                mantissa = mantissa &* 10 &+ UInt64(digit)
                place += 1
                guard place - first < 20 else { return nil }
                digit = place.pointee &- UInt8(ascii: "0")
            }
            digits = place - first
        }
        var exponent = 0
        var isInteger = true
        if place.pointee == UInt8(ascii: ".") {
            place += 1
            let point = place
            guard let end = fraction(place, &mantissa, powers) else { return nil }
            place = end
            exponent = point - place
            digits -= exponent
            isInteger = false
        }
        guard digits <= 19 else { return nil }
        if place.pointee | 0x20 == UInt8(ascii: "e") {
            isInteger = false
            guard let end = written(place + 1, &exponent) else { return nil }
            place = end
        }
        number.mantissa = mantissa
        number.exponent = exponent
        number.isInteger = isInteger
        return place
    }

    /// Reads the digits of a fraction into the mantissa; nil for none or more than 31.
    @inline(__always)
    private static func fraction(
        _ start: UnsafePointer<UInt8>, _ mantissa: inout UInt64, _ powers: PowersOfTen
    ) -> UnsafePointer<UInt8>? {
        var place = start
        var word = digits(at: place)
        var count = leadingDigits(word)
        guard count > 0 else { return nil }
        while count == 8 {
            mantissa = mantissa &* 100_000_000 &+ value(word)
            place += 8
            guard place - start < 32 else { return nil }
            word = digits(at: place)
            count = leadingDigits(word)
        }
        if count > 0 {
            // Shifted up, the digits have zeros in front of them, which do not count.
            let aligned = word << UInt64(8 * (8 - count))
            mantissa = mantissa &* powers.small[count] &+ value(aligned)
            place += count
        }
        return place
    }

    /// Reads an exponent of up to four digits; nil for another.
    @inline(__always)
    private static func written(_ start: UnsafePointer<UInt8>, _ exponent: inout Int)
        -> UnsafePointer<UInt8>?
    {
        var place = start
        let isNegative = place.pointee == UInt8(ascii: "-")
        if isNegative || place.pointee == UInt8(ascii: "+") { place += 1 }
        let first = place
        var value = 0
        var digit = place.pointee &- UInt8(ascii: "0")
        while digit <= 9 {
            value = value &* 10 &+ Int(digit)
            place += 1
            guard place - first <= 4 else { return nil }
            digit = place.pointee &- UInt8(ascii: "0")
        }
        guard place > first else { return nil }
        exponent += isNegative ? -value : value
        return place
    }

    /// Eight characters, each less `0`: digits are 0...9, the first in the lowest byte.
    @inline(__always)
    private static func digits(at place: UnsafePointer<UInt8>) -> UInt64 {
        UInt64(littleEndian: UnsafeRawPointer(place).loadUnaligned(as: UInt64.self))
            ^ 0x3030_3030_3030_3030
    }

    /// How many of the eight are digits, up to the first that is not.
    @inline(__always)
    private static func leadingDigits(_ word: UInt64) -> Int {
        // A carry into the next byte starts in one that is no digit itself.
        let others = ((word &+ 0x0606_0606_0606_0606) | word) & 0xF0F0_F0F0_F0F0_F0F0
        return others.trailingZeroBitCount >> 3
    }

    /// The number that eight digits are: pairs, fours, then all eight.
    @inline(__always)
    private static func value(_ word: UInt64) -> UInt64 {
        let pairs = ((word &* 2561) >> 8) & 0x00FF_00FF_00FF_00FF
        let fours = ((pairs &* 6_553_601) >> 16) & 0x0000_FFFF_0000_FFFF
        return (fours &* 42_949_672_960_001) >> 32
    }
}
