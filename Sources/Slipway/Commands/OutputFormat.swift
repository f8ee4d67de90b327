/// How a command shows its result on standard output.
public enum OutputFormat: String, Hashable, Sendable, CaseIterable {
    /// For people.
    case text
    /// One JSON document with a stable form, for programs.
    case json
}
