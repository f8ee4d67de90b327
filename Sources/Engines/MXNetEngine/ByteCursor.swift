import ServingCore

/// Reads little-endian numbers from borrowed bytes, never beyond their end.
struct ByteCursor {
    private let bytes: UnsafeRawBufferPointer
    private(set) var offset = 0

    /// Starts at the first byte; the bytes must stay valid while the cursor is used.
    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    var remaining: Int { bytes.count - offset }
    var isAtEnd: Bool { remaining == 0 }

    /// Reads a number of fixed width.
    mutating func integer<Number: FixedWidthInteger & BitwiseCopyable>(
        _ type: Number.Type, _ what: String
    ) throws(ServingError) -> Number {
        let range = try skip(MemoryLayout<Number>.size, what)
        return Number(
            littleEndian: bytes.loadUnaligned(fromByteOffset: range.lowerBound, as: type))
    }

    /// Reads how many things follow that take at least so many bytes each.
    mutating func count(ofAtLeast size: Int, _ what: String, maximum: Int) throws(ServingError)
        -> Int
    {
        let start = offset
        let count = try integer(UInt64.self, "how many \(what) there are")
        guard count <= UInt64(maximum), Int(count) <= remaining / size else {
            throw failure("\(count) \(what) are announced, more than there can be", at: start)
        }
        return Int(count)
    }

    /// Reads UTF-8.
    mutating func text(_ length: Int, _ what: String) throws(ServingError) -> String {
        let range = try skip(length, what)
        guard let text = String(validating: bytes[range], as: UTF8.self), !text.utf8.contains(0)
        else {
            throw failure("\(what) is not text in UTF-8", at: range.lowerBound)
        }
        return text
    }

    /// Steps over bytes that must be there.
    mutating func skip(_ count: Int, _ what: String) throws(ServingError) -> Range<Int> {
        guard count >= 0, count <= remaining else {
            throw failure("the file is cut short: \(what) needs \(count) bytes")
        }
        defer { offset += count }
        return offset..<offset + count
    }

    /// The error with the place.
    func failure(_ words: String, at place: Int? = nil) -> ServingError {
        ServingError(.modelInvalid, "\(words) (at byte \(place ?? offset) of \(bytes.count))")
    }
}
