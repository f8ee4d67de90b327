/// Amounts with a unit, as people write them: `100MiB`, `250ms`.
enum Quantities {
    private static let sizeUnits: [(name: String, factor: Int)] = [
        ("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10),
        ("TB", 1_000_000_000_000), ("GB", 1_000_000_000), ("MB", 1_000_000), ("KB", 1_000),
        ("kB", 1_000), ("B", 1),
    ]
    private static let durationUnits: [(name: String, nanoseconds: Int)] = [
        ("ms", 1_000_000), ("h", 3_600_000_000_000), ("m", 60_000_000_000), ("s", 1_000_000_000),
    ]

    /// Bytes; nil for anything but a number, alone or with one of the units, that fits `Int`.
    static func bytes(_ text: String) -> Int? {
        for (name, factor) in sizeUnits where text.hasSuffix(name) {
            return amount(text.dropLast(name.count), times: factor)
        }
        return amount(text[...], times: 1)
    }

    /// The size in the largest unit that divides it.
    static func text(bytes: Int) -> String {
        for (name, factor) in sizeUnits.prefix(4) where bytes >= factor && bytes % factor == 0 {
            return "\(bytes / factor)\(name)"
        }
        return String(bytes)
    }

    /// A duration; nil without a unit or beyond 64 bits of nanoseconds.
    static func duration(_ text: String) -> Duration? {
        for (name, factor) in durationUnits where text.hasSuffix(name) {
            return amount(text.dropLast(name.count), times: factor).map {
                .nanoseconds(Int64($0))
            }
        }
        return nil
    }

    /// The duration in the largest of minutes, seconds and milliseconds that divides it.
    static func text(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        if attoseconds != 0 {
            let milliseconds = seconds * 1000 + attoseconds / 1_000_000_000_000_000
            let rest = attoseconds % 1_000_000_000_000_000
            if rest == 0 { return "\(milliseconds)ms" }
            // Six digits are exact: the reader has a resolution of one nanosecond.
            let nanoseconds = String(rest / 1_000_000_000)
            let fraction = String(repeating: "0", count: 6 - nanoseconds.count) + nanoseconds
            return "\(milliseconds).\(fraction)ms"
        }
        if seconds != 0, seconds % 3600 == 0 { return "\(seconds / 3600)h" }
        if seconds != 0, seconds % 60 == 0 { return "\(seconds / 60)m" }
        return "\(seconds)s"
    }

    /// A whole number in plain decimal digits, with a sign at most; nil for `010`, `1_000`, `0x1F`.
    static func integer(_ text: some StringProtocol) -> Int? {
        let digits = text.hasPrefix("-") ? text.dropFirst() : text[...]
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            digits.count == 1 || !digits.hasPrefix("0")
        else { return nil }
        return Int(text)
    }

    /// `12` or `1.5`, without a sign, times a factor; nil when the result is not whole.
    private static func amount(_ number: Substring, times factor: Int) -> Int? {
        let parts = number.split(separator: ".", omittingEmptySubsequences: false)
        guard let first = parts.first, parts.count <= 2, !first.hasPrefix("-"),
            let whole = integer(first)
        else { return nil }
        let (product, overflow) = whole.multipliedReportingOverflow(by: factor)
        guard !overflow else { return nil }
        guard parts.count == 2 else { return product }
        let digits = parts[1]
        guard (1...9).contains(digits.count),
            digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let numerator = Int(digits)
        else { return nil }
        let denominator = (0..<digits.count).reduce(1) { power, _ in power * 10 }
        let part = numerator.multipliedFullWidth(by: factor)
        let (quotient, remainder) = denominator.dividingFullWidth(part)
        let (sum, overflow2) = product.addingReportingOverflow(quotient)
        return remainder == 0 && !overflow2 ? sum : nil
    }
}
