import Glibc

/// Where commands write: results go to standard output, everything else to standard error.
public enum StandardStream: Sendable {
    case output, error

    private var descriptor: Int32 {
        switch self {
        case .output: STDOUT_FILENO
        case .error: STDERR_FILENO
        }
    }

    /// Whether a person sees it directly.
    public var isTerminal: Bool { isatty(descriptor) == 1 }

    /// Writes all of the text, past any buffer of the C library.
    ///
    /// Returns false when the reader is gone or the disk is full.
    @discardableResult
    public func write(_ text: String) -> Bool {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }
}
