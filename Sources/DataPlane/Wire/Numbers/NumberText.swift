/// Writes numbers as text, straight to memory.
///
/// Every function writes at most `bytesMaximum` bytes at `out` and returns the end of what it wrote.
enum NumberText {
    typealias Output = UnsafeMutablePointer<UInt8>

    /// No number is longer; callers reserve so much for each.
    static let bytesMaximum = 32

    /// A finite number in the fewest digits that read back the same; `1.0`, `1.5e-7`, `1e21`.
    ///
    /// Plain notation from 1e-6 up to 1e21, as RapidJSON and JavaScript have it.
    @inline(__always)
    static func shortest<Format: BinaryFormat>(
        _ format: Format.Type, bits: UInt64, isNegative: Bool, _ powers: PowersOfTen,
        to out: Output
    ) -> Output {
        var out = sign(isNegative, to: out)
        guard bits != 0 else { return literal("0.0", to: out) }
        let number = withoutTrailingZeros(ShortestDecimal<Format>.digits(ofBits: bits, powers))
        let count = digitCount(number.digits, powers)
        let point = count + number.exponent
        if point > 21 || point < -5 {
            out = scientificDigits(number.digits, count, to: out)
            out = literal("e", to: out)
            return exponent(point - 1, digitsMinimum: 1, plus: false, to: out)
        }
        return plain(number.digits, count, point: point, to: out)
    }

    /// A finite number as TensorFlow Serving prints it: `%.6g` when that reads back the same, else
    /// `%.9g` (binary32 and narrower) or `%.17g`; `.0` is added to what looks like an integer.
    @inline(__always)
    static func tensorFlowServing<Format: BinaryFormat>(
        _ format: Format.Type, bits: UInt64, isNegative: Bool, _ powers: PowersOfTen,
        to out: Output
    ) -> Output {
        let out = sign(isNegative, to: out)
        guard bits != 0 else { return literal("0.0", to: out) }
        var precision = 6
        var number = RoundedDecimal<Format>.digits(ofBits: bits, count: precision, powers)
        if !readsBack(number, format, bits, powers) {
            precision = Format.significandBits <= 24 ? 9 : 17
            number = RoundedDecimal<Format>.digits(ofBits: bits, count: precision, powers)
        }
        number = withoutTrailingZeros(number)
        return general(number, precision, powers, to: out)
    }

    @inline(__always)
    private static func readsBack<Format: BinaryFormat>(
        _ number: DecimalDigits, _ format: Format.Type, _ bits: UInt64, _ powers: PowersOfTen
    ) -> Bool {
        if let back = DecimalRounding<Format>.fastBits(number.digits, number.exponent, powers) {
            return back == bits
        }
        var text = DecimalNumber()
        text.mantissa = number.digits
        text.exponent = number.exponent
        return DecimalRounding<Format>.carefulBits(text, powers) == bits
    }

    /// `%g`: scientific below 1e-4 and from 10^precision on, with two exponent digits or more.
    @inline(__always)
    private static func general(
        _ number: DecimalDigits, _ precision: Int, _ powers: PowersOfTen, to out: Output
    ) -> Output {
        let count = digitCount(number.digits, powers)
        let point = count + number.exponent
        if point - 1 < -4 || point - 1 >= precision {
            let end = literal("e", to: scientificDigits(number.digits, count, to: out))
            return exponent(point - 1, digitsMinimum: 2, plus: true, to: end)
        }
        return plain(number.digits, count, point: point, to: out)
    }

    /// An integer.
    @inline(__always)
    static func integer(magnitude: UInt64, isNegative: Bool, _ powers: PowersOfTen, to out: Output)
        -> Output
    {
        let out = sign(isNegative, to: out)
        return digits(magnitude, digitCount(magnitude, powers), to: out)
    }

    /// Copies a short text.
    @inline(__always)
    static func literal(_ text: StaticString, to out: Output) -> Output {
        out.update(from: text.utf8Start, count: text.utf8CodeUnitCount)
        return out + text.utf8CodeUnitCount
    }

    @inline(__always)
    private static func sign(_ isNegative: Bool, to out: Output) -> Output {
        out.pointee = UInt8(ascii: "-")
        return out + (isNegative ? 1 : 0)
    }
}

extension NumberText {
    @inline(__always)
    fileprivate static func withoutTrailingZeros(_ number: DecimalDigits) -> DecimalDigits {
        var number = number
        while number.digits % 10 == 0 {
            number.digits /= 10
            number.exponent += 1
        }
        return number
    }

    /// How many decimal digits a number has; 1 for zero.
    @inline(__always)
    fileprivate static func digitCount(_ value: UInt64, _ powers: PowersOfTen) -> Int {
        // 1233 / 4096 is just above log10(2), so the estimate is right or one too small.
        let estimate = ((64 - (value | 1).leadingZeroBitCount) * 1233) >> 12
        return estimate + (value >= powers.small[estimate] ? 1 : 0) + (value == 0 ? 1 : 0)
    }

    /// Exactly `count` digits.
    @inline(__always)
    fileprivate static func digits(_ value: UInt64, _ count: Int, to out: Output) -> Output {
        var value = value
        var index = count
        while index >= 2 {
            let (rest, pair) = value.quotientAndRemainder(dividingBy: 100)
            index -= 2
            out[index] = pairs[Int(pair) * 2]
            out[index + 1] = pairs[Int(pair) * 2 + 1]
            value = rest
        }
        if index == 1 { out[0] = UInt8(truncatingIfNeeded: value) + UInt8(ascii: "0") }
        return out + count
    }

    /// `1.234`, or `1` for one digit.
    @inline(__always)
    fileprivate static func scientificDigits(_ value: UInt64, _ count: Int, to out: Output)
        -> Output
    {
        let end = digits(value, count, to: out + 1)
        out[0] = out[1]
        if count == 1 { return out + 1 }
        out[1] = UInt8(ascii: ".")
        return end
    }

    /// Digits with a point after the first `point` of them, and `.0` behind whole numbers.
    @inline(__always)
    fileprivate static func plain(
        _ value: UInt64, _ count: Int, point: Int, to out: Output
    ) -> Output {
        if point <= 0 {
            var end = literal("0.", to: out)
            for _ in point..<0 {
                end.pointee = UInt8(ascii: "0")
                end += 1
            }
            return digits(value, count, to: end)
        }
        if point >= count {
            var end = digits(value, count, to: out)
            for _ in count..<point {
                end.pointee = UInt8(ascii: "0")
                end += 1
            }
            return literal(".0", to: end)
        }
        let end = digits(value, count, to: out + 1)
        for index in 0..<point { out[index] = out[index + 1] }
        out[point] = UInt8(ascii: ".")
        return end
    }

    fileprivate static func exponent(
        _ value: Int, digitsMinimum: Int, plus: Bool, to out: Output
    ) -> Output {
        var out = out
        if value < 0 || plus {
            out.pointee = value < 0 ? UInt8(ascii: "-") : UInt8(ascii: "+")
            out += 1
        }
        let magnitude = UInt64(value.magnitude)
        let count = magnitude >= 100 ? 3 : magnitude >= 10 ? 2 : 1
        return digits(magnitude, max(count, digitsMinimum), to: out)
    }

    /// `00` to `99`; a static string, so that the table is in the program's constants.
    private static var pairs: UnsafePointer<UInt8> {
        let text: StaticString =
            "0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243444546474849505152535455565758596061626364656667686970717273747576777879808182838485868788899091929394959697989900"
        return text.utf8Start
    }
}
