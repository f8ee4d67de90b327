/// A place in a text, both counted from 1; columns count characters (Unicode scalars).
public struct TextProtobufPosition: Hashable, Sendable, CustomStringConvertible {
    /// The line.
    public var line: Int
    /// The column.
    public var column: Int

    /// Names a place.
    public init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    /// `line 3, column 7`
    public var description: String { "line \(line), column \(column)" }
}

/// Why a text is not text protobuf, and where.
public struct TextProtobufProblem: Error, Hashable, Sendable, CustomStringConvertible {
    /// Where the text goes wrong.
    public let position: TextProtobufPosition
    /// What was seen and what was expected.
    public let message: String

    /// Describes.
    public init(_ position: TextProtobufPosition, _ message: String) {
        self.position = position
        self.message = message
    }

    /// `line 3, column 7: expected ...`
    public var description: String { "\(position): \(message)" }
}

/// A message in text form: its fields in the order of the text, repeated ones as often as written.
public struct TextProtobufMessage: Hashable, Sendable {
    /// The fields.
    public var fields: [TextProtobufField]
    /// Where the message begins: its bracket, or the beginning of the text.
    public var position: TextProtobufPosition

    /// Makes a message.
    public init(
        fields: [TextProtobufField], position: TextProtobufPosition = .init(line: 1, column: 1)
    ) {
        self.fields = fields
        self.position = position
    }
}

/// A field as it is written.
public struct TextProtobufField: Hashable, Sendable {
    /// The field's name, or what stands in `[...]`: an extension's name or the type URL of an `Any`.
    public var name: String
    /// Whether the name stood in brackets; it holds a `/` then if it is a type URL.
    public var isBracketed: Bool
    /// The value; `.list` only for `[a, b]`, which means as much as the field written repeatedly.
    public var value: TextProtobufValue
    /// Where the name begins.
    public var position: TextProtobufPosition

    /// Makes a field.
    public init(
        name: String, isBracketed: Bool = false, value: TextProtobufValue,
        position: TextProtobufPosition
    ) {
        self.name = name
        self.isBracketed = isBracketed
        self.value = value
        self.position = position
    }

    /// The values, whether written one by one or as a list.
    public var values: [TextProtobufValue] {
        if case .list(let values, _) = value { return values }
        return [value]
    }
}

/// What a field holds. Lists hold no lists.
public indirect enum TextProtobufValue: Hashable, Sendable {
    case scalar(TextProtobufScalar)
    case message(TextProtobufMessage)
    case list([TextProtobufValue], TextProtobufPosition)

    /// Where the value begins.
    public var position: TextProtobufPosition {
        switch self {
        case .scalar(let scalar): scalar.position
        case .message(let message): message.position
        case .list(_, let position): position
        }
    }
}
