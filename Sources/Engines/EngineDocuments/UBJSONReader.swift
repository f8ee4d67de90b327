public import ServingCore

/// Walks a Universal Binary JSON document (draft 12, ubjson.org) in borrowed bytes.
///
/// Numbers are big-endian. Containers may be counted (`[#`) and of one type (`[$d#`); those of
/// containers, and of values that take no bytes, are refused, so that every value consumes bytes.
public struct UBJSONReader: DocumentReader {
    /// An object or array that is open.
    private struct Container {
        /// Items still to come; nil where a closing bracket ends it.
        var remaining: Int?
        /// The type of every item; nil where each has its own.
        let itemType: UInt8?
        let isObject: Bool
    }

    let bytes: UnsafeRawBufferPointer
    var position = 0
    private var open: [Container] = []
    private let depthMaximum: Int
    let code: ErrorCode

    /// Reads bytes, which must stay valid while the reader is used.
    public init(
        _ bytes: UnsafeRawBufferPointer, depthMaximum: Int = Limits.jsonDepthMaximum,
        code: ErrorCode = .modelInvalid
    ) {
        self.bytes = bytes
        self.depthMaximum = depthMaximum
        self.code = code
    }

    public var offset: Int { position }

    public func failure(_ words: String) -> ServingError {
        ServingError(code, "\(words) at byte \(position) of \(bytes.count)")
    }

    /// The type of the value at the position; skips no-ops, and moves only behind these.
    @inline(__always)
    private mutating func peekType() throws(ServingError) -> UInt8 {
        if let type = open.last?.itemType { return type }
        while position < bytes.count, bytes[position] == UInt8(ascii: "N") { position += 1 }
        guard position < bytes.count else {
            throw failure("the document ends where a value should be")
        }
        return bytes[position]
    }

    /// The type of the value at the position, moving behind its marker.
    @inline(__always)
    mutating func takeType() throws(ServingError) -> UInt8 {
        let type = try peekType()
        if open.last?.itemType == nil { position += 1 }
        return type
    }

    public mutating func peekKind() throws(ServingError) -> DocumentKind {
        let type = try peekType()
        switch type {
        case UInt8(ascii: "{"): return .object
        case UInt8(ascii: "["): return .array
        case UInt8(ascii: "S"), UInt8(ascii: "C"): return .string
        case UInt8(ascii: "T"), UInt8(ascii: "F"): return .boolean
        case UInt8(ascii: "Z"): return .null
        case UInt8(ascii: "H"): return .number
        case _ where Self.width(of: type) != nil: return .number
        default: throw failure("no UBJSON value")
        }
    }

    public mutating func enterObject() throws(ServingError) { try enter(.object) }

    public mutating func enterArray() throws(ServingError) { try enter(.array) }

    private mutating func enter(_ kind: DocumentKind) throws(ServingError) {
        try expect(kind)
        try require(open.count < depthMaximum, "nesting deeper than \(depthMaximum)")
        position += 1
        var itemType: UInt8?
        var remaining: Int?
        if peekByte() == UInt8(ascii: "$") {
            position += 1
            let type = try takeByte()
            let isScalar = Self.width(of: type) != nil || "SHC".utf8.contains(type)
            try require(isScalar, "a typed container of what is neither number nor text")
            try require(peekByte() == UInt8(ascii: "#"), "a typed container without a count")
            itemType = type
        }
        if peekByte() == UInt8(ascii: "#") {
            position += 1
            remaining = try takeLength()
        }
        open.append(
            Container(remaining: remaining, itemType: itemType, isObject: kind == .object))
    }

    public mutating func nextKey() throws(ServingError) -> String? {
        guard try nextItem(closedBy: UInt8(ascii: "}")) else { return nil }
        return try takeText(try takeLength())
    }

    public mutating func nextElement() throws(ServingError) -> Bool {
        try nextItem(closedBy: UInt8(ascii: "]"))
    }

    @inline(__always)
    private mutating func nextItem(closedBy bracket: UInt8) throws(ServingError) -> Bool {
        guard let last = open.indices.last else { throw failure("no container is open") }
        let isEnd: Bool
        if let remaining = open[last].remaining {
            isEnd = remaining == 0
            open[last].remaining = remaining - 1
        } else {
            while peekByte() == UInt8(ascii: "N") { position += 1 }
            isEnd = peekByte() == bracket
            if isEnd { position += 1 }
        }
        if isEnd { open.removeLast() }
        return !isEnd
    }

    public mutating func readString() throws(ServingError) -> String {
        try expect(.string)
        return try takeString()
    }

    private mutating func takeString() throws(ServingError) -> String {
        if try takeType() == UInt8(ascii: "C") { return try takeText(1) }
        return try takeText(try takeLength())
    }

    public mutating func readDouble() throws(ServingError) -> Double { try readNumber().double }

    public mutating func readFloat() throws(ServingError) -> Float {
        if try peekType() == UInt8(ascii: "d") {
            _ = try takeType()
            return Float(bitPattern: try takeInteger(UInt32.self))
        }
        if try peekType() == UInt8(ascii: "H") {
            var number = try takePreciseNumber()
            return try number.readFloat()
        }
        switch try readNumber() {
        case .integer(let value): return Float(value)
        case .real(let value): return Float(value)
        }
    }

    public mutating func readInteger() throws(ServingError) -> Int {
        guard case .integer(let value) = try readNumber() else {
            throw failure("no integer of 64 bits before")
        }
        return value
    }

    public mutating func readNumber() throws(ServingError) -> DocumentNumber {
        try expect(.number)
        if try peekType() == UInt8(ascii: "H") {
            var number = try takePreciseNumber()
            return try number.readNumber()
        }
        return try takeNumber(try takeType())
    }

    public mutating func readBoolean() throws(ServingError) -> Bool {
        try expect(.boolean)
        return try takeType() == UInt8(ascii: "T")
    }

    public mutating func readNull() throws(ServingError) {
        try expect(.null)
        _ = try takeType()
    }

    public mutating func skipValue() throws(ServingError) {
        switch try peekKind() {
        case .object:
            try enterObject()
            while try nextKey() != nil { try skipValue() }
        case .array:
            try enterArray()
            while try nextElement() { try skipValue() }
        case .string: _ = try takeString()
        case .number: _ = try readNumber()
        case .boolean, .null: _ = try takeType()
        }
    }

    public mutating func finish() throws(ServingError) {
        while peekByte() == UInt8(ascii: "N") { position += 1 }
        try require(position == bytes.count, "more than one value")
    }

    private mutating func expect(_ kind: DocumentKind) throws(ServingError) {
        let found = try peekKind()
        guard found == kind else {
            throw failure("a value of the kind \(found.rawValue), not \(kind.rawValue),")
        }
    }
}
