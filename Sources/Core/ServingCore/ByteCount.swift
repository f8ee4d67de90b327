/// An amount of memory or disk in words.
public struct ByteCount: Hashable, Sendable, CustomStringConvertible {
    /// The bytes.
    public let bytes: Int

    private static let mebibyte = 1 << 20

    /// So many bytes; a negative number counts as none.
    public init(_ bytes: Int) {
        self.bytes = max(0, bytes)
    }

    /// To the nearest unit that people compare machines by: `1.5 GiB`, `512 MiB`.
    public var description: String {
        let mebibytes = Double(bytes) / Double(Self.mebibyte)
        guard mebibytes >= 1024 else { return "\(Int(mebibytes.rounded())) MiB" }
        return "\((mebibytes / 1024 * 10).rounded() / 10) GiB"
    }

    /// What is there: `149.9 MiB`, rounded down.
    public var availableMebibytes: String { Self.text(bytes >> 20, tenths) }

    /// What is taken or asked for: `150.0 MiB`, rounded up, so that it never looks smaller than
    /// an available amount that it does not fit into.
    public var neededMebibytes: String {
        let whole = bytes >> 20
        guard (bytes & (Self.mebibyte - 1)) * 10 % Self.mebibyte != 0 else {
            return Self.text(whole, tenths)
        }
        return tenths == 9 ? Self.text(whole + 1, 0) : Self.text(whole, tenths + 1)
    }

    /// Whole tenths of the last, begun mebibyte.
    private var tenths: Int { (bytes & (Self.mebibyte - 1)) * 10 / Self.mebibyte }

    private static func text(_ whole: Int, _ tenths: Int) -> String { "\(whole).\(tenths) MiB" }
}
