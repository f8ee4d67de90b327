public import ServingCore

/// Base64 with the standard alphabet (RFC 4648, section 4).
public enum Base64 {
    /// What else than the canonical text is accepted.
    public enum Leniency: Sendable {
        /// Padding is complete, nothing else stands between, and the bits left over are zero.
        case strict
        /// What Abseil's `Base64Unescape` reads: white space anywhere, padding by `=` or `.` or
        /// none, and any bits left over.
        case tensorFlowServing
    }

    /// Decodes.
    ///
    /// - Throws: `invalid_tensor`, `Unable to base64 decode`, for what the leniency does not accept.
    public static func decode(_ text: some Collection<UInt8>, _ leniency: Leniency)
        throws(ServingError) -> [UInt8]
    {
        var decoder = Base64Decoder(leniency, capacity: text.count / 4 * 3 + 3)
        for byte in text where !decoder.add(byte) { throw failure }
        guard decoder.finish() else { throw failure }
        return decoder.bytes
    }

    static func decode(_ text: JSONText, _ leniency: Leniency) throws(ServingError) -> [UInt8] {
        if text.hasEscapes { return try decode(Array(text.string.utf8), leniency) }
        return try decode(UnsafeBufferPointer(start: text.start, count: text.count), leniency)
    }

    /// Characters that `count` bytes take, with padding.
    static func encodedCount(_ count: Int) -> Int { (count + 2) / 3 * 4 }

    /// Writes the text, with padding, `encodedCount` characters long.
    static func encode(_ bytes: UnsafeRawBufferPointer, to output: UnsafeMutablePointer<UInt8>) {
        let alphabet = Self.alphabet.utf8Start
        var index = 0
        var out = output
        while index < bytes.count {
            let second = index + 1 < bytes.count ? UInt32(bytes[index + 1]) : 0
            let third = index + 2 < bytes.count ? UInt32(bytes[index + 2]) : 0
            let group = UInt32(bytes[index]) << 16 | second << 8 | third
            out[0] = alphabet[Int(group >> 18)]
            out[1] = alphabet[Int(group >> 12 & 63)]
            out[2] =
                index + 1 < bytes.count ? alphabet[Int(group >> 6 & 63)] : UInt8(ascii: "=")
            out[3] = index + 2 < bytes.count ? alphabet[Int(group & 63)] : UInt8(ascii: "=")
            out += 4
            index += 3
        }
    }

    /// The text of some bytes, with padding.
    public static func encode(_ bytes: some Collection<UInt8>) -> String {
        let bytes = Array(bytes)
        return String(unsafeUninitializedCapacity: encodedCount(bytes.count)) { output in
            guard let start = output.baseAddress else { return 0 }
            bytes.withUnsafeBytes { encode($0, to: start) }
            return encodedCount(bytes.count)
        }
    }

    private static let failure = ServingError(.invalidTensor, "Unable to base64 decode")

    private static let alphabet: StaticString =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
}

/// Takes base64 characters one after another.
private struct Base64Decoder {
    private let leniency: Base64.Leniency
    private(set) var bytes: [UInt8] = []
    private var group: UInt32 = 0
    private var digits = 0
    private var padding = 0

    init(_ leniency: Base64.Leniency, capacity: Int) {
        self.leniency = leniency
        bytes.reserveCapacity(capacity)
    }

    /// Takes a character; false when it cannot stand here.
    mutating func add(_ byte: UInt8) -> Bool {
        guard let value = Self.value(byte) else { return addOther(byte) }
        guard padding == 0 else { return false }
        group = group << 6 | UInt32(value)
        digits += 1
        if digits == 4 {
            bytes.append(UInt8(truncatingIfNeeded: group >> 16))
            bytes.append(UInt8(truncatingIfNeeded: group >> 8))
            bytes.append(UInt8(truncatingIfNeeded: group))
            group = 0
            digits = 0
        }
        return true
    }

    private mutating func addOther(_ byte: UInt8) -> Bool {
        let isLenient = leniency == .tensorFlowServing
        if byte == UInt8(ascii: "=") || (isLenient && byte == UInt8(ascii: ".")) {
            padding += 1
            return padding <= 2
        }
        return isLenient && (byte == 0x20 || (0x09...0x0D).contains(byte))
    }

    /// Whether the text may end here; adds the bytes that are left.
    mutating func finish() -> Bool {
        let expected = digits == 0 ? 0 : 4 - digits
        guard digits != 1, padding == expected || (padding == 0 && leniency == .tensorFlowServing)
        else { return false }
        if digits == 2 {
            bytes.append(UInt8(truncatingIfNeeded: group >> 4))
            return leniency == .tensorFlowServing || group & 0xF == 0
        }
        if digits == 3 {
            bytes.append(UInt8(truncatingIfNeeded: group >> 10))
            bytes.append(UInt8(truncatingIfNeeded: group >> 2))
            return leniency == .tensorFlowServing || group & 0x3 == 0
        }
        return true
    }

    @inline(__always)
    private static func value(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte - UInt8(ascii: "A")
        case UInt8(ascii: "a")...UInt8(ascii: "z"): byte - UInt8(ascii: "a") + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0") + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}
