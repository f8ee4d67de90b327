public import ServingCore

/// A value of a YAML document.
///
/// The subset that model files use: block and flow mappings and sequences, plain and quoted scalars
/// over several lines, literal and folded blocks, comments. Tags, anchors, aliases, merge keys,
/// directives, complex keys and several documents in a file are refused.
public indirect enum YAMLValue: Equatable, Sendable {
    /// Nothing, `~` or `null`.
    case null
    /// `true` or `false`; `yes` and `no` are text.
    case boolean(Bool)
    /// A decimal integer of 64 bits.
    case integer(Int)
    /// Another number, and how it was written: a version 3.10 is not 3.1.
    case number(Double, written: String)
    /// Any other scalar, and every quoted one.
    case text(String)
    /// Values in order.
    case sequence([YAMLValue])
    /// Keys with values in the file's order; no key comes twice.
    case mapping([Member])

    /// A key with its value.
    public struct Member: Equatable, Sendable {
        /// The key's text.
        public let key: String
        /// What it stands for.
        public let value: YAMLValue
    }

    /// The value of a key; nil when it is absent or this is no mapping.
    public subscript(_ key: String) -> YAMLValue? {
        guard case .mapping(let members) = self else { return nil }
        return members.first { $0.key == key }?.value
    }

    /// The text of a text scalar.
    public var text: String? {
        guard case .text(let text) = self else { return nil }
        return text
    }

    /// The text of any scalar as it was written, except null.
    public var scalarText: String? {
        switch self {
        case .text(let text): text
        case .integer(let value): "\(value)"
        case .number(_, let written): written
        case .boolean(let value): "\(value)"
        default: nil
        }
    }

    /// An integer.
    public var integer: Int? {
        guard case .integer(let value) = self else { return nil }
        return value
    }

    /// A number, whole or not.
    public var double: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .number(let value, _): value
        default: nil
        }
    }

    /// A yes-or-no value.
    public var boolean: Bool? {
        guard case .boolean(let value) = self else { return nil }
        return value
    }

    /// The items of a sequence.
    public var sequence: [YAMLValue]? {
        guard case .sequence(let items) = self else { return nil }
        return items
    }

    /// The members of a mapping.
    public var mapping: [Member]? {
        guard case .mapping(let members) = self else { return nil }
        return members
    }

    /// Whether it is null.
    public var isNull: Bool { self == .null }

    /// Reads a document.
    ///
    /// - Parameters:
    ///   - bytes: UTF-8; a byte order mark is skipped.
    ///   - code: The code of errors.
    /// - Throws: `code` with the line for anything outside the subset, deeper nesting than
    ///   `Limits.jsonDepthMaximum`, or more bytes than `Limits.configurationBytesMaximum`.
    public init(yaml bytes: [UInt8], code: ErrorCode = .modelInvalid) throws(ServingError) {
        guard bytes.count <= Limits.configurationBytesMaximum else {
            throw ServingError(
                code,
                "a YAML document has \(bytes.count) bytes; the most is "
                    + "\(Limits.configurationBytesMaximum)")
        }
        guard String(validating: bytes, as: UTF8.self) != nil else {
            throw ServingError(code, "a YAML document is not UTF-8")
        }
        var reader = YAMLReader(bytes, code: code)
        self = try reader.document()
    }
}
