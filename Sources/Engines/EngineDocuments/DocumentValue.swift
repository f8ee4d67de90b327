public import ServingCore

/// A small document as a tree; for large ones, walk them with a `DocumentReader`.
public enum DocumentValue: Hashable, Sendable {
    case null
    case boolean(Bool)
    case number(DocumentNumber)
    case string(String)
    case array([DocumentValue])
    case object([String: DocumentValue])

    /// Parses a whole JSON document.
    ///
    /// - Throws: `model_invalid` (or the reader's code) for what is not JSON, a repeated key, and more
    ///   than `valuesMaximum` values.
    public init(
        json bytes: UnsafeRawBufferPointer, allowsNonFinite: Bool = false,
        valuesMaximum: Int = Limits.jsonValuesMaximum, code: ErrorCode = .modelInvalid
    ) throws(ServingError) {
        var reader = JSONReader(bytes, allowsNonFinite: allowsNonFinite, code: code)
        try self.init(&reader, valuesMaximum: valuesMaximum)
        try reader.finish()
    }

    /// Parses a whole JSON document in a string.
    ///
    /// - Throws: as for bytes.
    public init(
        json text: String, valuesMaximum: Int = Limits.jsonValuesMaximum,
        code: ErrorCode = .modelInvalid
    ) throws(ServingError) {
        let bytes = Array(text.utf8)
        let parsed = bytes.withUnsafeBytes { bytes in
            Result { () throws(ServingError) in
                try DocumentValue(json: bytes, valuesMaximum: valuesMaximum, code: code)
            }
        }
        self = try parsed.get()
    }

    /// Reads the value at a reader's position as a tree.
    ///
    /// - Throws: as `init(json:)`.
    public init(
        _ reader: inout some DocumentReader, valuesMaximum: Int = Limits.jsonValuesMaximum
    ) throws(ServingError) {
        var budget = valuesMaximum
        try self.init(&reader, budget: &budget)
    }

    private init(_ reader: inout some DocumentReader, budget: inout Int) throws(ServingError) {
        budget -= 1
        try reader.require(budget >= 0, "too many values")
        switch try reader.peekKind() {
        case .null:
            try reader.readNull()
            self = .null
        case .boolean: self = .boolean(try reader.readBoolean())
        case .number: self = .number(try reader.readNumber())
        case .string: self = .string(try reader.readString())
        case .array:
            var elements: [DocumentValue] = []
            try reader.enterArray()
            while try reader.nextElement() {
                elements.append(try DocumentValue(&reader, budget: &budget))
            }
            self = .array(elements)
        case .object:
            var members: [String: DocumentValue] = [:]
            try reader.enterObject()
            while let key = try reader.nextKey() {
                let isNew = members[key] == nil
                try reader.require(isNew, "the key '\(key.clipped(to: 64))' a second time")
                members[key] = try DocumentValue(&reader, budget: &budget)
            }
            self = .object(members)
        }
    }
}

extension DocumentValue {
    /// The member of that name; nil when there is none or this is no object.
    public subscript(_ key: String) -> DocumentValue? {
        if case .object(let members) = self { members[key] } else { nil }
    }

    /// The text; nil for another kind.
    public var string: String? { if case .string(let text) = self { text } else { nil } }

    /// The number as binary64; nil for another kind.
    public var double: Double? {
        if case .number(let number) = self { number.double } else { nil }
    }

    /// The integer; nil for another kind and for fractions.
    public var integer: Int? {
        if case .number(.integer(let value)) = self { value } else { nil }
    }

    /// The boolean; nil for another kind.
    public var boolean: Bool? { if case .boolean(let flag) = self { flag } else { nil } }

    /// The elements; nil for another kind.
    public var array: [DocumentValue]? {
        if case .array(let elements) = self { elements } else { nil }
    }

    /// The members; nil for another kind.
    public var object: [String: DocumentValue]? {
        if case .object(let members) = self { members } else { nil }
    }

    /// Whether it is null.
    public var isNull: Bool { self == .null }

    /// What kind of value it is.
    public var kind: DocumentKind {
        switch self {
        case .null: .null
        case .boolean: .boolean
        case .number: .number
        case .string: .string
        case .array: .array
        case .object: .object
        }
    }
}
