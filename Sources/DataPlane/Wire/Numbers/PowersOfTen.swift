/// The leading 128 bits of every power of ten that a binary64 number can need, rounded down.
///
/// `10^q` lies in `[s, s + 1) * 2^(floorLog2(q) - 127)` for the significand `s` of `q`; it is equal
/// to the lower end for `q` in 0...55. Computed once, from exact powers of five.
///
/// `@unchecked Sendable`: the words are written before the one instance is shared and never after.
struct PowersOfTen: @unchecked Sendable {
    /// The exponents that the table covers.
    static let exponents = -350...350
    /// Exponents whose significand is exact in 128 bits.
    static let exactExponents = 0...55
    /// Exponents whose significand is exact in its upper 64 bits: the lower ones are zero.
    static let exactShortExponents = 0...27

    /// The one table; it is never freed.
    static let shared = PowersOfTen()

    private let words: UnsafePointer<UInt64>
    /// `10^n` as integers, for n in 0...19.
    let small: UnsafePointer<UInt64>

    /// The significand of a power: its most significant bit is set.
    @inline(__always)
    func significand(_ exponent: Int) -> (high: UInt64, low: UInt64) {
        let index = (exponent - Self.exponents.lowerBound) * 2
        return (words[index], words[index + 1])
    }

    /// The largest n with `2^n <= 10^exponent`; exact for |exponent| <= 1233.
    @inline(__always)
    static func floorLog2(_ exponent: Int) -> Int { (exponent * 1_741_647) >> 19 }

    private init() {
        let count = Self.exponents.count
        let words = UnsafeMutablePointer<UInt64>.allocate(capacity: count * 2)
        var power = BigNatural(1)
        for exponent in 0...Self.exponents.upperBound {
            Self.store(power, exponent, words)
            power.multiply(by: 5)
        }
        // Dividing by five and rounding down, step by step, rounds the whole quotient down; 2^1024
        // leaves over 200 bits of it for the smallest power.
        var inverse = BigNatural(1)
        inverse.shiftLeft(by: 1024)
        for exponent in 1...(-Self.exponents.lowerBound) {
            inverse.divide(by: 5)
            Self.store(inverse, -exponent, words)
        }
        self.words = UnsafePointer(words)
        let small = UnsafeMutablePointer<UInt64>.allocate(capacity: 20)
        var value: UInt64 = 1
        for exponent in 0..<20 {
            small[exponent] = value
            value = value &* 10
        }
        self.small = UnsafePointer(small)
    }

    private static func store(
        _ number: BigNatural, _ exponent: Int, _ words: UnsafeMutablePointer<UInt64>
    ) {
        let top = number.leadingBits()
        let index = (exponent - exponents.lowerBound) * 2
        words[index] = top.high
        words[index + 1] = top.low
    }
}
