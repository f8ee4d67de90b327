import ServingCore

/// Paths below a model's directory that a client or a configuration names.
enum ModelFilePath {
    /// Deepest path that is accepted.
    private static let partsMaximum = 8

    /// Whether a relative path stays below the directory that it is added to.
    ///
    /// Refuses empty parts, `.`, `..`, a leading `/`, and control characters.
    static func isSafe(_ path: String) -> Bool {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard !path.isEmpty, parts.count <= partsMaximum else { return false }
        return parts.allSatisfy { part in
            !part.isEmpty && part != "." && part != ".."
                && part.utf8.count <= Limits.nameBytesMaximum
                && part.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
        }
    }
}
