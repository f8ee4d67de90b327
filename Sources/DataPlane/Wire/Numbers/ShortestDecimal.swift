/// `digits * 10^exponent`.
struct DecimalDigits {
    var digits: UInt64
    var exponent: Int
}

/// The shortest decimal that reads back as the same binary number, and of those the nearest.
///
/// Algorithm: Giulietti, "The Schubfach way to render doubles", 2021.
enum ShortestDecimal<Format: BinaryFormat> {
    /// The digits of a finite number other than zero, given its bits without the sign.
    ///
    /// The last digit may be zero.
    @inline(__always)
    static func digits(ofBits bits: UInt64, _ powers: PowersOfTen) -> DecimalDigits {
        let number = BinaryParts<Format>(bits: bits)
        let c = number.significand
        let q = number.exponent
        if q <= 0, q > -Format.significandBits, c & (1 << UInt64(-q) - 1) == 0 {
            return DecimalDigits(digits: c >> UInt64(-q), exponent: 0)
        }
        let isLowerCloser = number.isPowerOfTwo
        // floor(log10(2^q)), or floor(log10(3/4 * 2^q)) when the lower neighbour is closer.
        let k = (q * 1_262_611 - (isLowerCloser ? 524_031 : 0)) >> 22
        let h = UInt64(q + PowersOfTen.floorLog2(-k) + 1)
        let power = roundedUp(-k, powers)
        let lower = roundToOdd(power, (4 * c - (isLowerCloser ? 1 : 2)) << h) + (c & 1)
        let value = roundToOdd(power, (4 * c) << h)
        let upper = roundToOdd(power, (4 * c + 2) << h) - (c & 1)
        let whole = value / 4
        if whole >= 10 {
            let shorter = whole / 10
            let isDownInside = lower <= 40 * shorter
            let isUpInside = 40 * shorter + 40 <= upper
            if isDownInside != isUpInside {
                return DecimalDigits(digits: shorter + (isUpInside ? 1 : 0), exponent: k + 1)
            }
        }
        let isDownInside = lower <= 4 * whole
        let isUpInside = 4 * whole + 4 <= upper
        if isDownInside != isUpInside {
            return DecimalDigits(digits: whole + (isUpInside ? 1 : 0), exponent: k)
        }
        let middle = 4 * whole + 2
        let roundsUp = value > middle || (value == middle && whole & 1 == 1)
        return DecimalDigits(digits: whole + (roundsUp ? 1 : 0), exponent: k)
    }

    @inline(__always)
    private static func roundedUp(_ exponent: Int, _ powers: PowersOfTen) -> (
        high: UInt64, low: UInt64
    ) {
        var power = powers.significand(exponent)
        if !PowersOfTen.exactExponents.contains(exponent) {
            let (low, overflow) = power.low.addingReportingOverflow(1)
            power = (power.high &+ (overflow ? 1 : 0), low)
        }
        return power
    }

    /// The upper 64 bits of the product, with the last bit set when anything was cut off.
    @inline(__always)
    private static func roundToOdd(_ power: (high: UInt64, low: UInt64), _ factor: UInt64) -> UInt64
    {
        let lower = power.low.multipliedFullWidth(by: factor)
        let upper = power.high.multipliedFullWidth(by: factor)
        let (middle, carry) = upper.low.addingReportingOverflow(lower.high)
        return (upper.high &+ (carry ? 1 : 0)) | (middle > 1 ? 1 : 0)
    }
}

/// A finite binary number taken apart: `significand * 2^exponent`.
struct BinaryParts<Format: BinaryFormat> {
    let significand: UInt64
    let exponent: Int
    /// Whether the number below is only half as far away as the one above.
    let isPowerOfTwo: Bool

    /// Takes apart the bits of a number without its sign.
    @inline(__always)
    init(bits: UInt64) {
        let width = UInt64(Format.significandBits - 1)
        let fraction = bits & (1 << width - 1)
        let field = Int(bits >> width)
        significand = field == 0 ? fraction : fraction | 1 << width
        exponent = max(field - 1, 0) + Format.exponentMinimum
        isPowerOfTwo = fraction == 0 && field > 1
    }
}
