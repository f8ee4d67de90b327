public import Conformance

/// One line on standard error that says what was checked last; nothing when nobody looks there.
public struct ConformanceProgress: Sendable {
    private static let width = 72
    private let write: (@Sendable (String) -> Void)?

    /// Writes to standard error if it is a terminal.
    public init() {
        let stream = StandardStream.error
        let write: @Sendable (String) -> Void = { _ = stream.write($0) }
        self.init(write: stream.isTerminal ? write : nil)
    }

    /// Writes by a function; nil writes nothing.
    init(write: (@Sendable (String) -> Void)?) {
        self.write = write
    }

    /// Replaces the line.
    @Sendable public func show(_ result: CheckResult) {
        let line = "\(result.suite.rawValue): \(result.name)".prefix(Self.width)
        write?("\r" + line + String(repeating: " ", count: Self.width - line.count))
    }

    /// Takes the line away.
    public func clear() {
        write?("\r" + String(repeating: " ", count: Self.width) + "\r")
    }
}
