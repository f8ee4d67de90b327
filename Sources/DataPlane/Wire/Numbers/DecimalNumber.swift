/// A decimal number as JSON writes it: `mantissa * 10^exponent`, and the text for when that is not
/// all of it.
struct DecimalNumber {
    /// Up to 19 significant digits.
    var mantissa: UInt64 = 0
    /// The power of ten that belongs to the mantissa; clamped to +-100000.
    var exponent = 0
    /// Whether a minus sign stands in front, also of zero.
    var isNegative = false
    /// Whether the text has neither a fraction nor an exponent.
    var isInteger = true
    /// Whether digits other than zero follow those in the mantissa.
    var isTruncated = false
    /// The characters; borrowed from the scanner's bytes.
    var text = UnsafeBufferPointer<UInt8>(start: nil, count: 0)

    /// More significant digits than this cannot change how a number rounds to binary64, save whether
    /// anything follows them: midpoints between binary64 numbers have at most 767.
    static let significantDigitsMaximum = 800

    /// The exact value as `natural * 10^exponent`; beyond the digit maximum a 1 stands for the rest.
    func exactValue() -> (natural: BigNatural, exponent: Int) {
        guard isTruncated else { return (BigNatural(mantissa), exponent) }
        var natural = BigNatural(0)
        var digits = 0
        var dropped = 0
        var isFraction = false
        var fractionDigits = 0
        var hasRest = false
        for byte in text {
            if byte == UInt8(ascii: ".") {
                isFraction = true
                continue
            }
            if byte == UInt8(ascii: "-") { continue }
            guard byte &- UInt8(ascii: "0") <= 9 else { break }
            if isFraction { fractionDigits += 1 }
            if digits == 0, byte == UInt8(ascii: "0") { continue }
            if digits < Self.significantDigitsMaximum {
                natural.multiply(by: 10, adding: UInt64(byte - UInt8(ascii: "0")))
                digits += 1
            } else {
                dropped += 1
                if byte != UInt8(ascii: "0") { hasRest = true }
            }
        }
        if hasRest {
            natural.multiply(by: 10, adding: 1)
            dropped -= 1
        }
        return (natural, writtenExponent - fractionDigits + dropped)
    }

    /// The number after `e`, clamped; 0 when there is none.
    private var writtenExponent: Int {
        guard let mark = text.firstIndex(where: { $0 | 0x20 == UInt8(ascii: "e") }) else {
            return 0
        }
        var value = 0
        var isNegative = false
        for byte in text[(mark + 1)...] {
            if byte == UInt8(ascii: "-") { isNegative = true }
            guard byte &- UInt8(ascii: "0") <= 9 else { continue }
            value = min(value * 10 + Int(byte - UInt8(ascii: "0")), Self.exponentMagnitudeMaximum)
        }
        return isNegative ? -value : value
    }

    /// Written exponents are clamped to this; a body would need as many digits to make up for it.
    static let exponentMagnitudeMaximum = 1 << 40
}
