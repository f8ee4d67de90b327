/// A configuration as a tree of plain values in the order of the schema, ready to print.
public indirect enum ConfigurationValue: Hashable, Sendable {
    case word(String)
    case text(String)
    case integer(Int)
    case boolean(Bool)
    case list([ConfigurationValue])
    case mapping([Entry])

    /// A key with its value.
    public struct Entry: Hashable, Sendable {
        /// The key.
        public let key: String
        /// The value.
        public let value: ConfigurationValue

        /// Pairs them.
        public init(_ key: String, _ value: ConfigurationValue) {
            self.key = key
            self.value = value
        }
    }

    /// YAML that reads back to the same values; lists of mappings and mappings take lines of their
    /// own.
    public var yaml: String {
        var text = ""
        writeBlock(indent: 0, into: &text)
        return text
    }

    /// One line of YAML: `{ latest: 2 }`, `[1, 2]`, `30s`.
    public var inlineYAML: String {
        switch self {
        case .word(let word): word
        case .text(let text): Self.isPlain(text) ? text : Self.quoted(text)
        case .integer(let number): String(number)
        case .boolean(let flag): String(flag)
        case .list(let values): "[" + values.map(\.inlineYAML).joined(separator: ", ") + "]"
        case .mapping(let entries) where entries.isEmpty: "{}"
        case .mapping(let entries):
            "{ "
                + entries.map { "\(Self.key($0.key)): \($0.value.inlineYAML)" }
                .joined(separator: ", ") + " }"
        }
    }

    /// JSON with the keys in the same order, indented by two.
    public var json: String {
        var text = ""
        writeJSON(indent: 0, into: &text)
        return text + "\n"
    }

    private func writeBlock(indent: Int, into text: inout String) {
        guard case .mapping(let entries) = self else { return }
        let margin = String(repeating: " ", count: indent)
        for entry in entries {
            text += margin + Self.key(entry.key) + ":"
            switch entry.value {
            case .mapping(let inner) where !inner.isEmpty && indent == 0:
                text += "\n"
                entry.value.writeBlock(indent: indent + 2, into: &text)
            case .list(let values) where values.contains { $0.isMapping }:
                text += "\n"
                for value in values { value.writeItem(indent: indent + 2, into: &text) }
            default:
                text += " " + entry.value.inlineYAML + "\n"
            }
        }
    }

    /// A mapping as an item of a list: the dash stands before its first key.
    private func writeItem(indent: Int, into text: inout String) {
        var lines = ""
        writeBlock(indent: indent + 2, into: &lines)
        text += String(repeating: " ", count: indent) + "- " + lines.dropFirst(indent + 2)
    }

    private var isMapping: Bool {
        if case .mapping = self { true } else { false }
    }

    private func writeJSON(indent: Int, into text: inout String) {
        let margin = String(repeating: " ", count: indent + 2)
        let end = String(repeating: " ", count: indent)
        switch self {
        case .word(let word), .text(let word): text += Self.quoted(word)
        case .integer(let number): text += String(number)
        case .boolean(let flag): text += String(flag)
        case .list(let values) where values.isEmpty: text += "[]"
        case .mapping(let entries) where entries.isEmpty: text += "{}"
        case .list(let values):
            text += "[\n"
            for (index, value) in values.enumerated() {
                text += margin
                value.writeJSON(indent: indent + 2, into: &text)
                text += index + 1 < values.count ? ",\n" : "\n"
            }
            text += end + "]"
        case .mapping(let entries):
            text += "{\n"
            for (index, entry) in entries.enumerated() {
                text += margin + Self.quoted(entry.key) + ": "
                entry.value.writeJSON(indent: indent + 2, into: &text)
                text += index + 1 < entries.count ? ",\n" : "\n"
            }
            text += end + "}"
        }
    }

    private static func key(_ text: String) -> String { isPlain(text) ? text : quoted(text) }

    /// Whether text reads back as that text without quotes: letters and a few signs, and neither a
    /// number nor a word that YAML gives a meaning.
    private static func isPlain(_ text: String) -> Bool {
        guard let first = text.utf8.first, isLetter(first) || first == 0x2F || first == 0x5F,
            text.utf8.allSatisfy({
                isLetter($0) || (0x30...0x39).contains($0) || [0x2D, 0x2E, 0x2F, 0x5F].contains($0)
            })
        else { return false }
        return ![
            "true", "false", "yes", "no", "on", "off", "null", "auto", "y", "n", "all",
        ].contains(text.lowercased())
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
    }

    /// A double-quoted string; the escapes used are the same in YAML and JSON.
    static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case _ where scalar.value < 0x20 || (0x7F...0xA0).contains(scalar.value),
                "\u{2028}", "\u{2029}", "\u{FEFF}":
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
