/// The name that clients use for a model: 1 to 255 bytes, free of `/`, `:` and control characters.
public struct ModelName: Hashable, Sendable, CustomStringConvertible {
    /// The name as written in the configuration and in request paths (percent-decoded).
    public let text: String

    /// Checks the characters and the length.
    ///
    /// - Throws: `invalid_name` when the text is empty, too long, or holds a separator of request
    ///   paths or a control character.
    public init(_ text: String) throws(ServingError) {
        try Self.check(text, kind: "model name")
        self.text = text
    }

    public var description: String { text }

    /// The rule that model names and labels share: both stand in request paths and metric labels.
    static func check(_ text: String, kind: String) throws(ServingError) {
        guard !text.isEmpty, text.utf8.count <= Limits.nameBytesMaximum else {
            throw ServingError(
                .invalidName,
                "a \(kind) has 1 to \(Limits.nameBytesMaximum) bytes, not \(text.utf8.count)")
        }
        for byte in text.utf8 where byte == 0x2F || byte == 0x3A || byte < 0x20 || byte == 0x7F {
            throw ServingError(
                .invalidName,
                "the \(kind) '\(text.clipped())' holds a '/', a ':' or a control character; "
                    + "use letters, digits, '_', '-' and '.'")
        }
    }
}

extension ModelName: Comparable {
    public static func < (left: ModelName, right: ModelName) -> Bool { left.text < right.text }
}
