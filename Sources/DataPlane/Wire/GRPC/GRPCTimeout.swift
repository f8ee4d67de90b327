/// The value of `grpc-timeout`: up to eight digits and a unit, `H M S m u n`.
public enum GRPCTimeout {
    /// Reads a value; nil when it is not one.
    public static func duration(_ text: String) -> Duration? {
        let bytes = text.utf8
        guard let unit = bytes.last, (2...9).contains(bytes.count) else { return nil }
        var amount: Int64 = 0
        for digit in bytes.dropLast() {
            guard (0x30...0x39).contains(digit) else { return nil }
            amount = amount * 10 + Int64(digit - 0x30)
        }
        switch unit {
        case UInt8(ascii: "H"): return .seconds(amount * 3600)
        case UInt8(ascii: "M"): return .seconds(amount * 60)
        case UInt8(ascii: "S"): return .seconds(amount)
        case UInt8(ascii: "m"): return .milliseconds(amount)
        case UInt8(ascii: "u"): return .microseconds(amount)
        case UInt8(ascii: "n"): return .nanoseconds(amount)
        default: return nil
        }
    }

    /// Writes a value in the finest unit that eight digits allow; a negative duration gives `0n`.
    public static func text(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        guard seconds >= 0, attoseconds >= 0 else { return "0n" }
        let most: Int64 = 99_999_999
        guard seconds <= most else { return "\(min(seconds / 3600, most))H" }
        let microseconds = seconds * 1_000_000 + attoseconds / 1_000_000_000_000
        if microseconds * 1000 <= most {
            return "\(seconds * 1_000_000_000 + attoseconds / 1_000_000_000)n"
        }
        if microseconds <= most { return "\(microseconds)u" }
        if microseconds / 1000 <= most { return "\(microseconds / 1000)m" }
        return "\(seconds)S"
    }
}
