/// How strictly JSON is read.
public struct JSONDialect: Hashable, Sendable {
    /// Whether `NaN`, `Inf`, `Infinity` and these with a minus sign count as numbers.
    public var allowsNonFiniteNumbers: Bool
    /// Whether anything may follow the top-level value.
    public var allowsTrailingBytes: Bool

    /// Chooses.
    public init(allowsNonFiniteNumbers: Bool, allowsTrailingBytes: Bool) {
        self.allowsNonFiniteNumbers = allowsNonFiniteNumbers
        self.allowsTrailingBytes = allowsTrailingBytes
    }

    /// RFC 8259 and nothing else.
    public static let strict = JSONDialect(
        allowsNonFiniteNumbers: false, allowsTrailingBytes: false)

    /// What TensorFlow Serving reads: RapidJSON with `kParseNanAndInfFlag` and
    /// `kParseStopWhenDoneFlag`.
    public static let tensorFlowServing = JSONDialect(
        allowsNonFiniteNumbers: true, allowsTrailingBytes: true)
}

/// The kind of a JSON value, as its first character tells it.
public enum JSONKind: Hashable, Sendable {
    case object, array, string, number, boolean, null
}
