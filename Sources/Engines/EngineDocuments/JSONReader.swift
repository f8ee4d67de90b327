public import ServingCore

/// Walks a JSON document (RFC 8259) in borrowed bytes, strictly and within their bounds.
///
/// Comments, trailing commas, unquoted keys, control characters in strings and bytes that are not
/// UTF-8 are refused; `NaN`, `Infinity` and `-Infinity` are numbers only when allowed. Repeated keys
/// are the caller's to judge.
public struct JSONReader: DocumentReader {
    let start: UnsafePointer<UInt8>?
    let count: Int
    var position = 0
    /// Objects and arrays that are open.
    private var depth = 0
    /// Whether the container at hand was entered and nothing in it has been read yet.
    private var isAtFirst = false
    let allowsNonFinite: Bool
    private let depthMaximum: Int
    private let code: ErrorCode

    /// Reads bytes, which must stay valid while the reader is used.
    ///
    /// - Parameters:
    ///   - bytes: The document; a byte order mark is not skipped.
    ///   - allowsNonFinite: Whether `NaN` and `Infinity` are numbers, as some libraries write them.
    ///   - depthMaximum: Deepest nesting of objects and arrays.
    ///   - code: The code of the errors thrown.
    public init(
        _ bytes: UnsafeRawBufferPointer, allowsNonFinite: Bool = false,
        depthMaximum: Int = Limits.jsonDepthMaximum, code: ErrorCode = .modelInvalid
    ) {
        start = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
        count = bytes.count
        self.allowsNonFinite = allowsNonFinite
        self.depthMaximum = depthMaximum
        self.code = code
    }

    public var offset: Int { position }

    public func failure(_ words: String) -> ServingError {
        ServingError(code, "\(words) at byte \(position) of \(count)")
    }

    /// The byte at the position; nil at the end.
    @inline(__always)
    var current: UInt8? {
        guard let start, position < count else { return nil }
        return start[position]
    }

    @inline(__always)
    mutating func skipSpace() {
        while let byte = current,
            byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09
        {
            position += 1
        }
    }

    public mutating func peekKind() throws(ServingError) -> DocumentKind {
        skipSpace()
        switch current {
        case UInt8(ascii: "{"): return .object
        case UInt8(ascii: "["): return .array
        case UInt8(ascii: "\""): return .string
        case UInt8(ascii: "t"), UInt8(ascii: "f"): return .boolean
        case UInt8(ascii: "n"): return .null
        case .some(let byte) where byte == UInt8(ascii: "-") || byte &- UInt8(ascii: "0") <= 9:
            return .number
        case UInt8(ascii: "N"), UInt8(ascii: "I"):
            if allowsNonFinite { return .number }
            throw failure("no JSON value")
        case nil: throw failure("the document ends where a value should be")
        default: throw failure("no JSON value")
        }
    }

    public mutating func enterObject() throws(ServingError) { try enter(.object) }

    public mutating func enterArray() throws(ServingError) { try enter(.array) }

    private mutating func enter(_ kind: DocumentKind) throws(ServingError) {
        try expect(kind)
        try require(depth < depthMaximum, "nesting deeper than \(depthMaximum)")
        depth += 1
        position += 1
        isAtFirst = true
    }

    public mutating func nextKey() throws(ServingError) -> String? {
        guard try nextItem(closedBy: UInt8(ascii: "}")) else { return nil }
        try require(current == UInt8(ascii: "\""), "no key in quotation marks")
        let key = try scanString()
        skipSpace()
        try require(current == UInt8(ascii: ":"), "no ':' after the key '\(key.clipped(to: 64))'")
        position += 1
        return key
    }

    public mutating func nextElement() throws(ServingError) -> Bool {
        try nextItem(closedBy: UInt8(ascii: "]"))
    }

    /// Moves to the next key or element, over a comma; false behind the closing bracket.
    @inline(__always)
    private mutating func nextItem(closedBy bracket: UInt8) throws(ServingError) -> Bool {
        skipSpace()
        if current == bracket {
            position += 1
            depth -= 1
            isAtFirst = false
            return false
        }
        if isAtFirst {
            isAtFirst = false
            return true
        }
        guard current == UInt8(ascii: ",") else {
            throw failure("no ',' or '\(Character(Unicode.Scalar(bracket)))'")
        }
        position += 1
        skipSpace()
        if current == bracket { throw failure("nothing after a ','") }
        return true
    }

    public mutating func readString() throws(ServingError) -> String {
        try expect(.string)
        return try scanString()
    }

    public mutating func readDouble() throws(ServingError) -> Double {
        try expect(.number)
        return try scanNumber().double()
    }

    public mutating func readFloat() throws(ServingError) -> Float {
        try expect(.number)
        return try scanNumber().float()
    }

    public mutating func readNumber() throws(ServingError) -> DocumentNumber {
        try expect(.number)
        let number = try scanNumber()
        if let integer = number.integer() { return .integer(integer) }
        return .real(number.double())
    }

    public mutating func readInteger() throws(ServingError) -> Int {
        try expect(.number)
        guard let integer = try scanNumber().integer() else {
            throw failure("no integer of 64 bits before")
        }
        return integer
    }

    public mutating func readBoolean() throws(ServingError) -> Bool {
        try expect(.boolean)
        let isTrue = current == UInt8(ascii: "t")
        try scanWord(isTrue ? "true" : "false")
        return isTrue
    }

    public mutating func readNull() throws(ServingError) {
        try expect(.null)
        try scanWord("null")
    }

    public mutating func skipValue() throws(ServingError) {
        switch try peekKind() {
        case .object:
            try enterObject()
            while try nextKey() != nil { try skipValue() }
        case .array:
            try enterArray()
            while try nextElement() { try skipValue() }
        case .string: _ = try scanString()
        case .number: _ = try scanNumber()
        case .boolean: _ = try readBoolean()
        case .null: try readNull()
        }
    }

    public mutating func finish() throws(ServingError) {
        skipSpace()
        try require(position == count, "more than one value")
    }

    private mutating func expect(_ kind: DocumentKind) throws(ServingError) {
        let found = try peekKind()
        guard found == kind else {
            throw failure("a value of the kind \(found.rawValue), not \(kind.rawValue),")
        }
    }
}
