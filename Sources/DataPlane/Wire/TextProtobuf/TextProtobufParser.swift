import ServingCore

/// Reads the text form of protobuf messages into a tree that knows where everything stood.
///
/// It needs no schema: what a field may hold is for the reader of the tree. Source of the format:
/// the text format specification of protobuf (protobuf.dev, "Text Format Language Specification").
public struct TextProtobufParser: ~Copyable {
    var cursor: TextProtobufCursor
    private var nodes = 0

    /// Fields and list elements of one text; each costs memory many times its two bytes.
    public static let nodesMaximum = 100_000

    private init(_ bytes: [UInt8]) { cursor = TextProtobufCursor(bytes) }

    /// Reads a text.
    ///
    /// - Parameter bytes: At most `Limits.configurationBytesMaximum` bytes.
    /// - Throws: What is wrong and where; also more than `nodesMaximum` values, or messages nested
    ///   deeper than `Limits.protobufDepthMaximum`.
    public static func message(
        of bytes: [UInt8]
    ) throws(TextProtobufProblem) -> TextProtobufMessage {
        guard bytes.count <= Limits.configurationBytesMaximum else {
            throw TextProtobufProblem(
                .init(line: 1, column: 1),
                "the text has \(bytes.count) bytes; at most \(Limits.configurationBytesMaximum) "
                    + "are read")
        }
        var parser = TextProtobufParser(bytes)
        let start = parser.cursor.position
        return TextProtobufMessage(
            fields: try parser.fields(until: nil, depth: 0), position: start)
    }

    /// Reads fields up to a closing bracket, which stays, or to the end of the text.
    private mutating func fields(
        until close: UInt8?, depth: Int
    ) throws(TextProtobufProblem) -> [TextProtobufField] {
        var fields: [TextProtobufField] = []
        while true {
            cursor.skipSpace()
            guard let byte = cursor.byte else {
                guard let close else { return fields }
                throw cursor.problem("expected a field or '\(close.character)', found the end")
            }
            if byte == close { return fields }
            fields.append(try field(depth: depth))
            cursor.skipSpace()
            if cursor.byte == UInt8(ascii: ",") || cursor.byte == UInt8(ascii: ";") {
                cursor.advance()
            }
        }
    }

    private mutating func field(depth: Int) throws(TextProtobufProblem) -> TextProtobufField {
        try count()
        let position = cursor.position
        let isBracketed = cursor.byte == UInt8(ascii: "[")
        let name = isBracketed ? try cursor.bracketedName() : try cursor.fieldName()
        cursor.skipSpace()
        let hasColon = cursor.byte == UInt8(ascii: ":")
        if hasColon {
            cursor.advance()
            cursor.skipSpace()
        }
        let value = try value(allowsScalar: hasColon, depth: depth, of: name)
        return TextProtobufField(
            name: name, isBracketed: isBracketed, value: value, position: position)
    }

    private mutating func value(
        allowsScalar: Bool, depth: Int, of name: String
    ) throws(TextProtobufProblem) -> TextProtobufValue {
        switch cursor.byte {
        case UInt8(ascii: "{"), UInt8(ascii: "<"): return .message(try message(depth: depth))
        case UInt8(ascii: "["): return try list(allowsScalars: allowsScalar, depth, name)
        default:
            guard allowsScalar else {
                throw cursor.problem(
                    "expected ':' or '{' after '\(name.clipped(to: 80))', found \(cursor.found)")
            }
            return .scalar(try cursor.scalar())
        }
    }

    private mutating func message(depth: Int) throws(TextProtobufProblem) -> TextProtobufMessage {
        guard depth < Limits.protobufDepthMaximum else {
            throw cursor.problem(
                "messages are nested more than \(Limits.protobufDepthMaximum) deep")
        }
        let position = cursor.position
        let close = cursor.byte == UInt8(ascii: "<") ? UInt8(ascii: ">") : UInt8(ascii: "}")
        cursor.advance()
        let fields = try fields(until: close, depth: depth + 1)
        cursor.advance()
        return TextProtobufMessage(fields: fields, position: position)
    }

    private mutating func list(
        allowsScalars: Bool, _ depth: Int, _ name: String
    ) throws(TextProtobufProblem) -> TextProtobufValue {
        let position = cursor.position
        cursor.advance()
        cursor.skipSpace()
        var values: [TextProtobufValue] = []
        if cursor.byte == UInt8(ascii: "]") {
            cursor.advance()
            return .list([], position)
        }
        while true {
            try count()
            guard cursor.byte != UInt8(ascii: "[") else {
                throw cursor.problem("a list cannot hold a list")
            }
            values.append(try value(allowsScalar: allowsScalars, depth: depth, of: name))
            cursor.skipSpace()
            switch cursor.byte {
            case UInt8(ascii: ","): cursor.advance()
            case UInt8(ascii: "]"):
                cursor.advance()
                return .list(values, position)
            default: throw cursor.problem("expected ',' or ']' in a list, found \(cursor.found)")
            }
            cursor.skipSpace()
        }
    }

    private mutating func count() throws(TextProtobufProblem) {
        nodes += 1
        guard nodes <= Self.nodesMaximum else {
            throw cursor.problem("there are more than \(Self.nodesMaximum) values")
        }
    }
}

extension UInt8 {
    /// A byte that is known to be ASCII, as text.
    fileprivate var character: Character { Character(Unicode.Scalar(self)) }
}
