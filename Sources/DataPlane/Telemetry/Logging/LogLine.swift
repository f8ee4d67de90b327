/// Bytes of log lines being put together; kept and emptied, so that steady logging allocates nothing.
struct LogLine {
    private(set) var bytes: [UInt8] = []

    /// Forgets the bytes and keeps their memory.
    mutating func clear() { bytes.removeAll(keepingCapacity: true) }

    /// Appends text that is known to hold nothing but printable ASCII.
    mutating func literal(_ text: String) { bytes.append(contentsOf: text.utf8) }

    mutating func newline() { bytes.append(0x0A) }

    /// Appends a number with leading zeros.
    mutating func decimal(_ value: Int, digits: Int) {
        var divisor = 1
        for _ in 1..<max(1, digits) { divisor *= 10 }
        while divisor <= value / 10 { divisor *= 10 }
        var rest = max(0, value)
        while divisor > 0 {
            bytes.append(0x30 + UInt8(rest / divisor))
            rest %= divisor
            divisor /= 10
        }
    }

    /// Appends nanoseconds as seconds with six places: `0.000512`.
    mutating func seconds(nanoseconds: UInt64) {
        decimal(Int(clamping: nanoseconds / 1_000_000_000), digits: 1)
        literal(".")
        decimal(Int(nanoseconds / 1_000 % 1_000_000), digits: 6)
    }

    /// Appends text of a client: everything but printable ASCII, and `"` and `\`, as `\xHH`, so that
    /// it can neither end the field nor the line nor steer a terminal. At most so many bytes; `...`
    /// marks a cut.
    mutating func escaped(_ text: String, bytesMaximum: Int) {
        var used = 0
        for byte in text.utf8 {
            guard used < bytesMaximum else { return literal("...") }
            used += 1
            if byte >= 0x20, byte < 0x7F, byte != 0x22, byte != 0x5C {
                bytes.append(byte)
            } else {
                literal("\\x")
                bytes.append(Self.hexadecimal(byte >> 4))
                bytes.append(Self.hexadecimal(byte & 15))
            }
        }
    }

    /// Appends a JSON string, quotes included, cut as `escaped` cuts.
    mutating func json(_ text: String, bytesMaximum: Int = .max) {
        guard text.utf8.count > bytesMaximum else { return literal(JSONText.quoted(text)) }
        literal(JSONText.quoted(String(decoding: text.utf8.prefix(bytesMaximum), as: UTF8.self)))
        bytes.removeLast()
        literal("...\"")
    }

    private static func hexadecimal(_ digit: UInt8) -> UInt8 {
        digit < 10 ? 0x30 + digit : 0x41 + digit - 10
    }
}
