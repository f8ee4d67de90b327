/// Label names and values as they stand between the braces of a sample, escaped once when made.
public struct MetricLabels: Hashable, Sendable {
    /// `model="digits",version="2"`; empty for none.
    let text: String

    /// No labels.
    public static let none = MetricLabels()

    /// Escapes the values: `\`, `"` and line feed, as the text format asks.
    public init(_ pairs: KeyValuePairs<String, String> = [:]) {
        self.init(text: pairs.map(Self.pair).joined(separator: ","))
    }

    private init(text: String) {
        self.text = text
    }

    /// The same labels and one more.
    public func adding(_ name: String, _ value: String) -> MetricLabels {
        let pair = Self.pair(name, value)
        return MetricLabels(text: text.isEmpty ? pair : text + "," + pair)
    }

    private static func pair(_ name: String, _ value: String) -> String {
        "\(name)=\"\(escape(value))\""
    }

    /// Values rarely need it; then nothing is copied.
    private static func escape(_ value: String) -> String {
        let isPlain = value.utf8.allSatisfy { $0 != 0x5C && $0 != 0x22 && $0 != 0x0A }
        guard !isPlain else { return value }
        var escaped = ""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\\": escaped += "\\\\"
            case "\"": escaped += "\\\""
            case "\n": escaped += "\\n"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
