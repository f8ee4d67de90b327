public import NIOCore
public import ServingCore

/// A small JSON document as a tree: parameters, warm-up files, answers that a client reads.
///
/// For tensors there are readers without a tree. Numbers that are written without fraction and
/// exponent and fit 64 bits are integers; all others are numbers.
public enum JSONValue: Hashable, Sendable {
    case null
    case boolean(Bool)
    case integer(Int64)
    /// An integer above `Int64.max`.
    case unsigned(UInt64)
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)

    /// Parses a document, strictly; nothing may follow it.
    ///
    /// - Throws: `invalid_request` for bad JSON, a name twice in an object, numbers beyond binary64,
    ///   nesting beyond `Limits.jsonDepthMaximum` or more than `Limits.jsonValuesMaximum` values.
    public init(parsing bytes: UnsafeRawBufferPointer) throws(ServingError) {
        var scanner = JSONScanner(bytes)
        self = try scanner.readValue()
        try scanner.finish()
    }

    /// Parses the readable bytes of a buffer, as `init(parsing:)` does.
    ///
    /// - Throws: as there.
    public init(parsing buffer: ByteBuffer) throws(ServingError) {
        self = try buffer.withUnsafeReadableBytes { (bytes) throws(ServingError) in
            try JSONValue(parsing: bytes)
        }
    }

    /// Parses a text, as `init(parsing:)` does.
    ///
    /// - Throws: as there.
    public init(parsing text: String) throws(ServingError) {
        try self.init(parsing: ByteBuffer(string: text))
    }

    /// The text of a string.
    public var stringValue: String? {
        if case .string(let value) = self { value } else { nil }
    }

    /// The value of a boolean.
    public var booleanValue: Bool? {
        if case .boolean(let value) = self { value } else { nil }
    }

    /// The value of an integer that fits 64 bits with sign.
    public var integerValue: Int? {
        if case .integer(let value) = self { Int(value) } else { nil }
    }

    /// The value of any number; integers beyond 2^53 are rounded.
    public var numberValue: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .unsigned(let value): Double(value)
        case .number(let value): value
        default: nil
        }
    }

    /// The elements of an array.
    public var arrayValue: [JSONValue]? {
        if case .array(let value) = self { value } else { nil }
    }

    /// The members of an object.
    public var objectValue: JSONObject? {
        if case .object(let value) = self { value } else { nil }
    }
}

extension JSONScanner {
    /// Reads a value of any kind as a tree.
    ///
    /// - Throws: `invalid_request` for bad JSON, a name twice in an object or words for numbers that
    ///   are not finite.
    public mutating func readValue() throws(ServingError) -> JSONValue {
        // A value takes ten times the memory of its two bytes, and a member a hundred times.
        var room = Limits.jsonValuesMaximum
        return try readValue(&room)
    }

    private mutating func readValue(_ room: inout Int) throws(ServingError) -> JSONValue {
        room -= 1
        guard room >= 0 else {
            throw parseError("More than \(Limits.jsonValuesMaximum) values.")
        }
        switch try peekKind() {
        case .null:
            try readNull()
            return .null
        case .boolean: return .boolean(try readBoolean())
        case .string: return .string(try readString())
        case .number: return try readNumberValue()
        case .array:
            try beginArray()
            var elements: [JSONValue] = []
            while try nextElement() { elements.append(try readValue(&room)) }
            return .array(elements)
        case .object:
            try beginObject()
            var object = JSONObject()
            while let key = try nextKey() {
                let name = key.string
                guard object.append(name, try readValue(&room)) else {
                    throw parseError("The name '\(name.clipped())' stands twice in an object.")
                }
            }
            return .object(object)
        }
    }

    private mutating func readNumberValue() throws(ServingError) -> JSONValue {
        var place = self
        if let number = try place.scanNumber(), number.isInteger {
            let value = JSONInteger<Int64>.value(number).map(JSONValue.integer)
            if let value = value ?? JSONInteger<UInt64>.value(number).map(JSONValue.unsigned) {
                // `-0` is a number of its own.
                if !number.isNegative || value != .integer(0) {
                    self = place
                    return value
                }
            }
        }
        let value = try readDouble()
        guard value.isFinite else { throw parseError(JSONParseReason.invalidValue) }
        return .number(value)
    }
}
