/// A binary number correctly rounded to a given number of decimal digits: what `%.{n}g` prints.
enum RoundedDecimal<Format: BinaryFormat> {
    /// Exactly `count` digits (1...17) of a finite number other than zero, ties to even.
    @inline(__always)
    static func digits(ofBits bits: UInt64, count: Int, _ powers: PowersOfTen) -> DecimalDigits {
        let number = BinaryParts<Format>(bits: bits)
        let length = 64 - number.significand.leadingZeroBitCount
        // floor(log10(2^n)) for the largest power of two in the number: right or one too small.
        let magnitude = ((length - 1 + number.exponent) * 1_262_611) >> 22
        let limit = powers.small[count]
        var exponent = magnitude - count + 1
        var digits = scaled(number, exponent, powers)
        if digits.whole >= limit {
            exponent += 1
            digits = scaled(number, exponent, powers)
        }
        var rounded = digits.whole
        if digits.isAboveHalf ?? isAboveHalf(number, digits.whole, exponent) { rounded += 1 }
        if rounded == limit { return DecimalDigits(digits: limit / 10, exponent: exponent + 1) }
        return DecimalDigits(digits: rounded, exponent: exponent)
    }

    /// `number / 10^exponent`, rounded down, and whether the rest is more than a half; nil when 128
    /// bits cannot tell.
    @inline(__always)
    private static func scaled(
        _ number: BinaryParts<Format>, _ exponent: Int, _ powers: PowersOfTen
    ) -> (whole: UInt64, isAboveHalf: Bool?) {
        let shift = number.significand.leadingZeroBitCount
        let normal = number.significand << UInt64(shift)
        let power = powers.significand(-exponent)
        let upper = normal.multipliedFullWidth(by: power.high)
        let lower = normal.multipliedFullWidth(by: power.low)
        let (low, carry) = upper.low.addingReportingOverflow(lower.high)
        let high = upper.high &+ (carry ? 1 : 0)
        // The product is below the true value by less than two units in its last of 128 bits. The
        // whole part has 1 to 60 bits, so the binary point lies in the upper word.
        let dropped = UInt64(
            shift - number.exponent - PowersOfTen.floorLog2(-exponent) - 1)
        let rest = high & (1 << dropped - 1)
        let half: UInt64 = 1 << (dropped - 1)
        let decided: Bool? =
            rest > half || (rest == half && low > 0)
            ? true : (rest < half - 1 || (rest == half - 1 && low < .max - 4) ? false : nil)
        return (high >> dropped, decided)
    }

    @inline(never)
    private static func isAboveHalf(_ number: BinaryParts<Format>, _ whole: UInt64, _ exponent: Int)
        -> Bool
    {
        var left = BigNatural(number.significand)
        var right = BigNatural(2 * whole + 1)
        if exponent >= 0 {
            right.multiply(byPowerOfTen: exponent)
        } else {
            left.multiply(byPowerOfTen: -exponent)
        }
        let shift = number.exponent + 1
        if shift >= 0 { left.shiftLeft(by: shift) } else { right.shiftLeft(by: -shift) }
        switch left.compared(with: right) {
        case .less: return false
        case .greater: return true
        case .equal: return whole & 1 == 1
        }
    }
}
