/// A number as it is written in text, checked for its form, not yet converted.
///
/// Correctly rounded: quickly where one exact operation of binary64 suffices (Clinger's fast path),
/// by the standard library otherwise.
public struct DecimalText {
    private let digits: UnsafePointer<UInt8>?
    private let count: Int
    private let isInteger: Bool
    private let nonFinite: Double

    /// Borrows text of the form `-?digits[.digits][e[+-]digits]`.
    public init(_ digits: UnsafePointer<UInt8>, count: Int, isInteger: Bool) {
        self.digits = digits
        self.count = count
        self.isInteger = isInteger
        nonFinite = 0
    }

    /// Stands for a word.
    init(nonFinite: Double) {
        digits = nil
        count = 0
        isInteger = false
        self.nonFinite = nonFinite
    }

    /// The value as an integer; nil for a fraction and beyond 64 bits.
    public func integer() -> Int? {
        guard isInteger, let digits else { return nil }
        let isNegative = digits[0] == UInt8(ascii: "-")
        var value = 0
        for index in (isNegative ? 1 : 0)..<count {
            let digit = Int(digits[index] &- UInt8(ascii: "0"))
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (next, overflow2) =
                isNegative
                ? product.subtractingReportingOverflow(digit)
                : product.addingReportingOverflow(digit)
            guard !overflow, !overflow2 else { return nil }
            value = next
        }
        return value
    }

    /// The nearest binary64; infinite beyond its range.
    public func double() -> Double {
        guard digits != nil else { return nonFinite }
        return quickDouble() ?? Double(text) ?? .nan
    }

    /// The nearest binary32; infinite beyond its range.
    public func float() -> Float {
        guard digits != nil else { return Float(nonFinite) }
        if let value = quickDouble() {
            // Rounding twice differs from rounding once only where the first result lies exactly
            // between two neighbours of binary32, or below its normal numbers.
            let isBetween = value.bitPattern & 0x1FFF_FFFF == 0x1000_0000
            if !isBetween, value == 0 || abs(value) >= Double(Float.leastNormalMagnitude) {
                return Float(value)
            }
        }
        return Float(text) ?? .nan
    }

    /// The value where mantissa and power of ten are exact in binary64; nil elsewhere.
    @inline(__always)
    private func quickDouble() -> Double? {
        guard let digits else { return nil }
        var index = digits[0] == UInt8(ascii: "-") ? 1 : 0
        let isNegative = index == 1
        var mantissa: UInt64 = 0
        var scale = 0
        var hasPoint = false
        var significant = 0
        while index < count {
            let byte = digits[index]
            let digit = byte &- UInt8(ascii: "0")
            if digit <= 9 {
                if mantissa != 0 || digit != 0 { significant += 1 }
                guard significant <= 18 else { return nil }
                mantissa = mantissa * 10 + UInt64(digit)
                if hasPoint { scale -= 1 }
            } else if byte == UInt8(ascii: ".") {
                hasPoint = true
            } else {
                break
            }
            index += 1
        }
        guard mantissa <= 1 << 53, scale >= -400 else { return nil }
        if index < count {
            guard let exponent = exponent(from: index + 1) else { return nil }
            scale += exponent
        }
        guard (-22...22).contains(scale) else { return mantissa == 0 ? signed(0, isNegative) : nil }
        let power = DecimalText.powers[abs(scale)]
        let magnitude = scale < 0 ? Double(mantissa) / power : Double(mantissa) * power
        return signed(magnitude, isNegative)
    }

    @inline(__always)
    private func signed(_ magnitude: Double, _ isNegative: Bool) -> Double {
        isNegative ? -magnitude : magnitude
    }

    private func exponent(from first: Int) -> Int? {
        guard let digits else { return nil }
        var index = first
        let isNegative = index < count && digits[index] == UInt8(ascii: "-")
        if isNegative || (index < count && digits[index] == UInt8(ascii: "+")) { index += 1 }
        var value = 0
        while index < count {
            value = value * 10 + Int(digits[index] &- UInt8(ascii: "0"))
            guard value <= 1000 else { return nil }
            index += 1
        }
        return isNegative ? -value : value
    }

    /// The text for the standard library, whose conversions heed no locale.
    private var text: String {
        String(decoding: UnsafeBufferPointer(start: digits, count: count), as: UTF8.self)
    }

    private static let powers: [Double] = (0...22).map { exponent in
        (0..<exponent).reduce(1.0) { value, _ in value * 10 }
    }
}
