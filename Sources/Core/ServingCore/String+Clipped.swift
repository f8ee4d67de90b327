extension StringProtocol {
    /// The text, shortened to what an error may repeat of a client's value; `…` marks a cut.
    public func clipped(to bytes: Int = Limits.quotedValueBytesMaximum) -> String {
        guard utf8.count > bytes else { return String(self) }
        var end = startIndex
        var used = 0
        while end < endIndex {
            let width = self[end].utf8.count
            guard used + width <= bytes else { break }
            used += width
            end = index(after: end)
        }
        return String(self[..<end]) + "…"
    }
}
