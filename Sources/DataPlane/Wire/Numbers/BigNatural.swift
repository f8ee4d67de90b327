/// A natural number of any size, with what exact conversion between decimal and binary needs.
///
/// Used only where 128 bits cannot decide a rounding, and to build tables.
struct BigNatural {
    /// Least significant first; no zeros at the end.
    private(set) var limbs: [UInt64]

    /// Holds a small number.
    init(_ value: UInt64) {
        limbs = value == 0 ? [] : [value]
    }

    /// `self * factor + summand`.
    mutating func multiply(by factor: UInt64, adding summand: UInt64 = 0) {
        var carry = summand
        for index in limbs.indices {
            let product = limbs[index].multipliedFullWidth(by: factor)
            let (low, overflow) = product.low.addingReportingOverflow(carry)
            limbs[index] = low
            carry = product.high &+ (overflow ? 1 : 0)
        }
        if carry > 0 { limbs.append(carry) }
        while limbs.last == 0 { limbs.removeLast() }
    }

    /// `self * 10^exponent`.
    mutating func multiply(byPowerOfTen exponent: Int) {
        var left = exponent
        while left >= 19 {
            multiply(by: 10_000_000_000_000_000_000)
            left -= 19
        }
        var factor: UInt64 = 1
        for _ in 0..<left { factor *= 10 }
        multiply(by: factor)
    }

    /// `self / divisor`, rounded down.
    mutating func divide(by divisor: UInt64) {
        var remainder: UInt64 = 0
        for index in limbs.indices.reversed() {
            (limbs[index], remainder) = divisor.dividingFullWidth((remainder, limbs[index]))
        }
        while limbs.last == 0 { limbs.removeLast() }
    }

    /// `self * 2^bits`.
    mutating func shiftLeft(by bits: Int) {
        guard !limbs.isEmpty else { return }
        let (words, rest) = bits.quotientAndRemainder(dividingBy: 64)
        if rest > 0 {
            var carry: UInt64 = 0
            for index in limbs.indices {
                let limb = limbs[index]
                limbs[index] = limb << UInt64(rest) | carry
                carry = limb >> UInt64(64 - rest)
            }
            if carry > 0 { limbs.append(carry) }
        }
        limbs.insert(contentsOf: repeatElement(0, count: words), at: 0)
    }

    /// The 128 bits from the most significant one on, rounded down; zeros follow a short number.
    func leadingBits() -> (high: UInt64, low: UInt64) {
        func limb(_ index: Int) -> UInt64 { index >= 0 ? limbs[index] : 0 }
        let top = limbs.count - 1
        let shift = UInt64(limb(top).leadingZeroBitCount)
        if shift == 0 { return (limb(top), limb(top - 1)) }
        return (
            limb(top) << shift | limb(top - 1) >> (64 - shift),
            limb(top - 1) << shift | limb(top - 2) >> (64 - shift)
        )
    }

    /// Compares by size.
    enum Order { case less, equal, greater }

    /// How this number compares with another.
    func compared(with other: BigNatural) -> Order {
        if limbs.count != other.limbs.count {
            return limbs.count < other.limbs.count ? .less : .greater
        }
        for (mine, theirs) in zip(limbs.reversed(), other.limbs.reversed()) where mine != theirs {
            return mine < theirs ? .less : .greater
        }
        return .equal
    }
}
