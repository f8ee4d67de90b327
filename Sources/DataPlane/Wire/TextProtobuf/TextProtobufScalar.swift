/// A value that is no message: a token whose meaning the field's type decides.
public struct TextProtobufScalar: Hashable, Sendable {
    /// What the token looks like.
    public enum Kind: String, Hashable, Sendable {
        /// In quotes; adjacent ones are already joined and escapes resolved.
        case string
        /// A whole or decimal number, also `-1`, `0x1F`, `017`, `1e3f`.
        case number
        /// A bare word: a name of an enumeration, `true`, `inf`, `-nan`.
        case identifier
    }

    /// What the token looks like.
    public var kind: Kind
    /// The bytes of a string; the characters of any other token, the sign in front.
    public var bytes: [UInt8]
    /// Where the token begins.
    public var position: TextProtobufPosition

    /// Makes a token.
    public init(kind: Kind, bytes: [UInt8], position: TextProtobufPosition) {
        self.kind = kind
        self.bytes = bytes
        self.position = position
    }

    /// The token's characters; nil for a string that is not UTF-8.
    public var text: String? { String(validating: bytes, as: UTF8.self) }

    /// The whole number; nil for another kind or one that does not fit.
    public var integer: Int64? {
        guard kind == .number, let text else { return nil }
        let isNegative = text.hasPrefix("-")
        guard let magnitude = Self.magnitude(isNegative ? text.dropFirst() : text[...]) else {
            return nil
        }
        return isNegative ? Int64(exactly: 0 - Int128(magnitude)) : Int64(exactly: magnitude)
    }

    /// The whole number without a sign; nil for another kind or one that does not fit.
    public var unsigned: UInt64? {
        guard kind == .number, let text, !text.hasPrefix("-") else { return nil }
        return Self.magnitude(text[...])
    }

    /// The number, also from a whole one, `inf` and `nan`; nil for anything else.
    public var number: Double? {
        guard let text, kind != .string else { return nil }
        if kind == .identifier {
            return switch text.lowercased() {
            case "inf", "infinity": .infinity
            case "-inf", "-infinity": -.infinity
            case "nan", "-nan": .nan
            default: nil
            }
        }
        if let integer { return Double(integer) }
        if let unsigned { return Double(unsigned) }
        let digits = text.last == "f" || text.last == "F" ? text.dropLast() : text[...]
        return Double(digits)
    }

    /// `true`, `True`, `t`, `1` and their opposites, as protobuf's own parser takes them.
    public var boolean: Bool? {
        switch (kind, text) {
        case (.identifier, "true"), (.identifier, "True"), (.identifier, "t"), (.number, "1"): true
        case (.identifier, "false"), (.identifier, "False"), (.identifier, "f"), (.number, "0"):
            false
        default: nil
        }
    }

    private static func magnitude(_ text: Substring) -> UInt64? {
        if text.hasPrefix("0x") || text.hasPrefix("0X") {
            return UInt64(text.dropFirst(2), radix: 16)
        }
        if text.hasPrefix("0"), text.count > 1 { return UInt64(text.dropFirst(), radix: 8) }
        return UInt64(text)
    }
}
