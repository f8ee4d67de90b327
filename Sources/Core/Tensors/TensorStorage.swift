/// Immutable bytes of a tensor, kept alive by whatever owns them: a network buffer, an engine's
/// value, a shared memory segment, or memory of this process.
///
/// Copying the value retains the owner and copies no bytes.
///
/// `@unchecked Sendable`: the bytes do not change while any `TensorStorage` over them exists (the
/// initialisers demand it), and retaining or releasing the owner is thread-safe.
public struct TensorStorage: @unchecked Sendable {
    /// The bytes; valid while `owner` is retained, so use them only inside `withUnsafeBytes`.
    @usableFromInline let base: UnsafeRawPointer?
    /// How many bytes there are.
    public let count: Int
    @usableFromInline let owner: AnyObject?

    /// Borrows bytes that `owner` keeps alive and unchanged.
    @inlinable
    public init(borrowing bytes: UnsafeRawBufferPointer, owner: AnyObject) {
        base = bytes.baseAddress
        count = bytes.count
        self.owner = owner
    }

    /// No bytes at all.
    public static let empty = TensorStorage()

    private init() {
        base = nil
        count = 0
        owner = nil
    }

    /// Lends the bytes; the pointer is invalid after `body` returns.
    @inlinable
    public func withUnsafeBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        // The owner must outlive the use of the pointer, whatever the optimiser sees of it.
        defer { withExtendedLifetime(owner) {} }
        return try body(UnsafeRawBufferPointer(start: base, count: count))
    }

    /// A part of the same bytes, with the same owner.
    ///
    /// - Precondition: `range` lies within `0..<count`.
    public func slice(_ range: Range<Int>) -> TensorStorage {
        precondition(range.lowerBound >= 0 && range.upperBound <= count, "slice beyond the storage")
        return TensorStorage(
            base: base.map { $0 + range.lowerBound }, count: range.count, owner: owner)
    }

    private init(base: UnsafeRawPointer?, count: Int, owner: AnyObject?) {
        self.base = base
        self.count = count
        self.owner = owner
    }

    /// Whether the first byte lies on a multiple of `alignment`.
    @inlinable
    public func isAligned(to alignment: Int) -> Bool {
        UInt(bitPattern: base) & UInt(alignment - 1) == 0
    }
}
