/// A bar that shows on standard error how far a command is; nothing when that is no terminal.
public struct ProgressBar: ~Copyable {
    private let title: String
    private let total: Int
    private let isShown: Bool
    private var shownPercent = -1
    private let write: (String) -> Void

    /// Starts at nothing; the bar appears with the first `advance`.
    public init(_ title: String, total: Int) {
        self.init(title, total: total, isTerminal: StandardStream.error.isTerminal) { text in
            StandardStream.error.write(text)
        }
    }

    init(_ title: String, total: Int, isTerminal: Bool, write: @escaping (String) -> Void) {
        self.title = title
        self.total = total
        self.write = write
        isShown = isTerminal && total > 0
    }

    /// Shows that so much of the total is done; draws only when the percentage has changed.
    public mutating func advance(to done: Int) {
        guard isShown else { return }
        let percent = Int(Double(max(0, min(done, total))) / Double(total) * 100)
        guard percent != shownPercent else { return }
        shownPercent = percent
        let filled = percent * 30 / 100
        let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: 30 - filled)
        write("\r\(title) [\(bar)] \(percent)%")
    }

    deinit {
        // The line is taken away again, so that the result stands alone.
        if shownPercent >= 0 { write("\r\u{1B}[K") }
    }
}
