/// A media type as `Content-Type` gives it: `text/csv; header=present` (RFC 9110 section 8.3.1).
struct MediaType: Hashable, Sendable {
    /// Most parameters that are looked at.
    private static let parametersMaximum = 16

    /// Type and subtype, in lower case.
    let essence: String
    private let parameters: [(name: String, value: String)]

    /// Reads a header's value; nil when it has no form of a media type.
    init?(_ text: some StringProtocol) {
        let parts = text.split(separator: ";", omittingEmptySubsequences: false)
            .map { Self.trimmed($0) }
        guard let first = parts.first, parts.count <= Self.parametersMaximum + 1 else { return nil }
        let halves = first.split(separator: "/", omittingEmptySubsequences: false)
        guard halves.count == 2, !halves[0].isEmpty, !halves[1].isEmpty else { return nil }
        essence = first.lowercased()
        parameters = parts.dropFirst().compactMap { part in
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard pair.count == 2 else { return nil }
            var value = Self.trimmed(pair[1])
            if value.count >= 2, value.first == "\"", value.last == "\"" {
                value = String(value.dropFirst().dropLast())
            }
            return (Self.trimmed(pair[0]).lowercased(), value)
        }
    }

    /// The value of a parameter, without its quotes; the name is in lower case.
    func parameter(_ name: String) -> String? {
        parameters.first { $0.name == name }?.value
    }

    private static func trimmed(_ text: some StringProtocol) -> String {
        let rest = text.drop { $0 == " " || $0 == "\t" }
        guard let last = rest.lastIndex(where: { $0 != " " && $0 != "\t" }) else { return "" }
        return String(rest[...last])
    }

    static func == (left: MediaType, right: MediaType) -> Bool {
        left.essence == right.essence
            && left.parameters.map(\.name) == right.parameters.map(\.name)
            && left.parameters.map(\.value) == right.parameters.map(\.value)
    }

    func hash(into hasher: inout Hasher) { hasher.combine(essence) }
}
