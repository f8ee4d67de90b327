public import ServingCore

/// Reads JSON from borrowed bytes, value by value, without a tree and without allocation.
///
/// A copy remembers a place: `var later = scanner` reads the same value again, or for the first time
/// after `skipValue`. The bytes must outlive every copy. After `nextKey` has returned a key, or
/// `nextElement` true, exactly one value must be read or skipped.
///
/// What is read is checked in full: numbers, escapes, UTF-8, nesting up to
/// `Limits.jsonDepthMaximum`. Errors are `invalid_request`, `JSON Parse error: <reason> at offset: N`
/// in TensorFlow Serving's words, or say which kind of value was expected.
///
///     try scanner.beginObject()
///     while let key = try scanner.nextKey() {
///         if key.equals("id") { id = try scanner.readString() } else { try scanner.skipValue() }
///     }
///     try scanner.finish()
public struct JSONScanner {
    let start: UnsafePointer<UInt8>
    let end: UnsafePointer<UInt8>
    var position: UnsafePointer<UInt8>
    /// How strictly this document is read.
    public let dialect: JSONDialect
    /// Containers that are open around the position.
    var depth = 0
    /// Whether the position is behind a `{` or `[`, with no member or element read yet.
    private(set) var isAtContainerStart = false

    /// Starts before the top-level value of a document.
    public init(_ bytes: UnsafeRawBufferPointer, dialect: JSONDialect = .strict) {
        let count = bytes.count
        // An empty buffer may have no address; this one is never read.
        let address = bytes.baseAddress ?? UnsafeRawPointer(Self.nothing.utf8Start)
        start = address.assumingMemoryBound(to: UInt8.self)
        end = start + count
        position = start
        self.dialect = dialect
    }

    private static let nothing: StaticString = ""

    /// Bytes between the start of the document and the position.
    public var offset: Int { position - start }

    /// Bytes between the position and the end of the document.
    var remaining: Int { end - position }

    /// The byte at the position; nil at the end.
    @inline(__always)
    var current: UInt8? { position < end ? position.pointee : nil }

    /// Moves behind spaces, tabs and line ends.
    @inline(__always)
    mutating func skipWhiteSpace() {
        while position < end {
            let byte = position.pointee
            guard byte <= 0x20, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else {
                return
            }
            position += 1
        }
    }

    /// Moves behind white space and tells what kind of value begins there.
    ///
    /// - Throws: `invalid_request` when none does.
    public mutating func peekKind() throws(ServingError) -> JSONKind {
        skipWhiteSpace()
        guard let byte = current else {
            if depth == 0 { throw parseError(JSONParseReason.empty) }
            throw parseError(JSONParseReason.invalidValue)
        }
        switch byte {
        case UInt8(ascii: "{"): return .object
        case UInt8(ascii: "["): return .array
        case UInt8(ascii: "\""): return .string
        case UInt8(ascii: "t"), UInt8(ascii: "f"): return .boolean
        case UInt8(ascii: "n"): return .null
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number
        case UInt8(ascii: "N"), UInt8(ascii: "I"):
            if dialect.allowsNonFiniteNumbers { return .number }
            fallthrough
        default: throw parseError(JSONParseReason.invalidValue)
        }
    }

    /// Enters an object.
    ///
    /// - Throws: `invalid_request` when the value is another one or nested too deeply.
    public mutating func beginObject() throws(ServingError) {
        try expect(.object)
        try enter()
    }

    /// Enters an array.
    ///
    /// - Throws: `invalid_request` when the value is another one or nested too deeply.
    public mutating func beginArray() throws(ServingError) {
        try expect(.array)
        try enter()
    }

    /// Moves to the next member of the object and returns its name; nil when the object has ended.
    ///
    /// - Throws: `invalid_request` for anything but a member or the end.
    public mutating func nextKey() throws(ServingError) -> JSONKey? {
        guard
            try advance(to: UInt8(ascii: "}"), otherwise: JSONParseReason.missingObjectComma)
        else { return nil }
        guard current == UInt8(ascii: "\"") else {
            throw parseError(JSONParseReason.missingName)
        }
        let key = JSONKey(try scanString())
        skipWhiteSpace()
        guard current == UInt8(ascii: ":") else {
            throw parseError(JSONParseReason.missingColon)
        }
        position += 1
        return key
    }

    /// Moves to the next element of the array; false when the array has ended.
    ///
    /// - Throws: `invalid_request` for anything but an element or the end.
    public mutating func nextElement() throws(ServingError) -> Bool {
        try advance(to: UInt8(ascii: "]"), otherwise: JSONParseReason.missingArrayComma)
    }

    /// Ends the document: nothing but white space may follow, unless the dialect ignores the rest.
    ///
    /// - Throws: `invalid_request` for anything else.
    public mutating func finish() throws(ServingError) {
        if dialect.allowsTrailingBytes { return }
        skipWhiteSpace()
        guard position == end else { throw parseError(JSONParseReason.trailingBytes) }
    }

    /// Moves into the container at the position, whose opening bracket has been checked.
    @inline(__always)
    mutating func enter() throws(ServingError) {
        guard depth < Limits.jsonDepthMaximum else {
            throw parseError("Nested deeper than \(Limits.jsonDepthMaximum) levels.")
        }
        position += 1
        depth += 1
        isAtContainerStart = true
    }

    /// Moves behind the comma to the next value or name; false when the container closes instead.
    @inline(__always)
    mutating func advance(to closing: UInt8, otherwise reason: String) throws(ServingError)
        -> Bool
    {
        skipWhiteSpace()
        if current == closing {
            position += 1
            depth -= 1
            isAtContainerStart = false
            return false
        }
        if isAtContainerStart {
            isAtContainerStart = false
        } else {
            guard current == UInt8(ascii: ",") else { throw parseError(reason) }
            position += 1
            skipWhiteSpace()
        }
        return true
    }

    /// Moves to where another reader of the same document has come: behind an element.
    @inline(__always)
    mutating func moveBehindElement(to place: UnsafePointer<UInt8>) {
        position = place
        isAtContainerStart = false
    }

    /// The first byte from `place` on that is no white space; never beyond `limit`.
    static func behindWhiteSpace(_ place: UnsafePointer<UInt8>, _ limit: UnsafePointer<UInt8>)
        -> UnsafePointer<UInt8>
    {
        var place = place
        while place < limit {
            let byte = place.pointee
            guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { break }
            place += 1
        }
        return place
    }

    private mutating func expect(_ kind: JSONKind) throws(ServingError) {
        let found = try peekKind()
        guard found == kind else { throw kindError(expected: "\(kind)") }
    }
}
