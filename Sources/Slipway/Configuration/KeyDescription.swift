/// Whether a change of a key is applied while the server runs.
public enum Reload: String, Hashable, Sendable {
    /// Applied on reload.
    case live
    /// Applied when the server starts again.
    case restart
}

/// What is to be known about a key: for the reference page and for help in the shell.
public struct KeyDescription: Hashable, Sendable {
    /// The whole key: `limits.body`, `models[].versions`.
    public let path: String
    /// The kind of value: `duration`.
    public let kind: String
    /// The values accepted: `1ms to 1h`; empty when the kind says it all.
    public let range: String
    /// The value that is used when the key is absent, in words.
    public let defaultText: String
    /// When a change is applied.
    public let reload: Reload
    /// One sentence on what it does.
    public let meaning: String
    /// Whether it only holds further keys.
    public let isSection: Bool

    init(
        path: String, kind: String, range: String, defaultText: String, reload: Reload,
        meaning: String, isSection: Bool = false
    ) {
        self.path = path
        self.kind = kind
        self.range = range
        self.defaultText = defaultText
        self.reload = reload
        self.meaning = meaning
        self.isSection = isSection
    }

    /// The same key, seen from outside its section.
    func inside(_ section: String) -> KeyDescription {
        KeyDescription(
            path: "\(section).\(path)", kind: kind, range: range, defaultText: defaultText,
            reload: reload, meaning: meaning, isSection: isSection)
    }
}
