/// Correct rounding, to nearest and ties to even, from decimal text straight to a binary format.
///
/// The product of the mantissa with a 128-bit power of ten is exact to less than four units in its
/// last of 128 bits. When the bits to drop are that close to a half, big integers decide.
/// (The idea of the truncated product: Lemire, "Number parsing at a gigabyte per second", 2021.)
enum DecimalRounding<Format: BinaryFormat> {
    /// The bits of the nearest number, without sign; `Format.infinityBits` or more on overflow.
    @inline(__always)
    static func bits(_ number: borrowing DecimalNumber, _ powers: PowersOfTen) -> UInt64 {
        if let bits = fastBits(number.mantissa, number.exponent, powers), !number.isTruncated {
            return bits
        }
        return carefulBits(number, powers)
    }

    /// The bits when the number is normal and the product decides; nil otherwise.
    @inline(__always)
    static func fastBits(_ mantissa: UInt64, _ exponent: Int, _ powers: PowersOfTen) -> UInt64? {
        if mantissa == 0 { return 0 }
        guard exponent >= -342, exponent <= 308 else { return nil }
        let product = Product(mantissa, exponent, powers)
        let lastExponent = product.exponent + 128 - Format.significandBits
        guard lastExponent >= Format.exponentMinimum else { return nil }
        let dropped = UInt64(64 - Format.significandBits)
        let kept = product.high >> dropped
        let rest = product.high & (1 << dropped - 1)
        let half: UInt64 = 1 << (dropped - 1)
        // One unit either side of the half is left to the careful way, which happens once in 2^9 of
        // random binary64 numbers and once in 2^38 of binary32 ones.
        guard rest &+ 1 < half || rest > half else { return nil }
        let rounded = kept + (rest > half ? 1 : 0)
        return rounded + UInt64(lastExponent - Format.exponentMinimum)
            << UInt64(Format.significandBits - 1)
    }

    /// Any number: subnormal, tied, truncated or out of range.
    @inline(never)
    static func carefulBits(_ number: DecimalNumber, _ powers: PowersOfTen) -> UInt64 {
        if number.mantissa == 0 { return 0 }
        // Below 2^64 * 10^-343 everything rounds to zero, above 10^308 to infinity, in every format.
        if number.exponent < -342 { return 0 }
        if number.exponent > 308 { return Format.infinityBits }
        let product = Product(number.mantissa, number.exponent, powers)
        var dropped = 128 - Format.significandBits
        var lastExponent = product.exponent + dropped
        if lastExponent < Format.exponentMinimum {
            dropped += Format.exponentMinimum - lastExponent
            lastExponent = Format.exponentMinimum
        }
        // Less than half of the smallest number, with room for the error.
        if dropped > 129 { return 0 }
        let kept = dropped >= 128 ? 0 : product.value >> UInt128(dropped)
        let isAbove: Bool
        if let decided = isAboveHalf(product.value, dropped, number) {
            isAbove = decided
        } else {
            switch compareWithMidpoint(number, UInt64(kept), lastExponent) {
            case .less: isAbove = false
            case .greater: isAbove = true
            case .equal: isAbove = kept & 1 == 1
            }
        }
        return UInt64(kept) + (isAbove ? 1 : 0)
            + UInt64(lastExponent - Format.exponentMinimum) << UInt64(Format.significandBits - 1)
    }

    /// Whether the bits to drop are more than a half; nil when the product's error leaves it open.
    private static func isAboveHalf(_ value: UInt128, _ dropped: Int, _ number: DecimalNumber)
        -> Bool?
    {
        guard dropped <= 128 else { return nil }
        let rest = dropped == 128 ? value : value & (1 << UInt128(dropped) - 1)
        let half: UInt128 = 1 << UInt128(dropped - 1)
        // A truncated mantissa has 19 digits, so it is above 2^59: the digits cut off are worth less
        // than 2^5 units of the product's upper half.
        let error: UInt128 = number.isTruncated ? 1 << 70 : 4
        if rest > half { return true }
        return half - rest > error ? false : nil
    }

    private static func compareWithMidpoint(
        _ number: DecimalNumber, _ kept: UInt64, _ lastExponent: Int
    ) -> BigNatural.Order {
        var (left, exponent) = number.exactValue()
        var right = BigNatural(2 * kept + 1)
        if exponent >= 0 {
            left.multiply(byPowerOfTen: exponent)
        } else {
            right.multiply(byPowerOfTen: -exponent)
        }
        let shift = lastExponent - 1
        if shift >= 0 { right.shiftLeft(by: shift) } else { left.shiftLeft(by: -shift) }
        return left.compared(with: right)
    }
}

/// `mantissa * 10^exponent` as a number of 128 bits, the first one set, times a power of two.
///
/// Never more than the true value, and less than four units below it.
private struct Product {
    var high: UInt64
    var low: UInt64
    var exponent: Int

    @inline(__always)
    init(_ mantissa: UInt64, _ decimalExponent: Int, _ powers: PowersOfTen) {
        let shift = mantissa.leadingZeroBitCount
        let normal = mantissa << UInt64(shift)
        let power = powers.significand(decimalExponent)
        let upper = normal.multipliedFullWidth(by: power.high)
        let lower = normal.multipliedFullWidth(by: power.low)
        let (sum, carry) = upper.low.addingReportingOverflow(lower.high)
        high = upper.high &+ (carry ? 1 : 0)
        low = sum
        exponent = PowersOfTen.floorLog2(decimalExponent) - 63 - shift
        if high >> 63 == 0 {
            high = high << 1 | low >> 63
            low <<= 1
            exponent -= 1
        }
    }

    var value: UInt128 { UInt128(high) << 64 | UInt128(low) }
}
