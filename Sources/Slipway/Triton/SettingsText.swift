import NIOCore
import ServingCore
import Wire

/// Reads a message from either of its forms.
enum SettingsText {
    /// Reads text protobuf.
    ///
    /// - Throws: `configuration_invalid` with line and column.
    static func protobuf(_ bytes: [UInt8], source: String) throws(ServingError) -> SettingsMessage {
        do throws(TextProtobufProblem) {
            return SettingsMessage(
                try TextProtobufParser.message(of: bytes), .text, source: source)
        } catch {
            throw ServingError(.configurationInvalid, "\(source), \(error)")
        }
    }

    /// Reads protobuf's JSON form.
    ///
    /// - Throws: `configuration_invalid`.
    static func json(_ text: String, source: String) throws(ServingError) -> SettingsMessage {
        let bytes = Array(text.utf8)
        guard bytes.count <= Limits.configurationBytesMaximum else {
            throw ServingError(
                .configurationInvalid,
                "\(source) has \(bytes.count) bytes; at most "
                    + "\(Limits.configurationBytesMaximum) are read")
        }
        do throws(ServingError) {
            let buffer = ByteBuffer(bytes: bytes)
            return try buffer.withJSONScanner(.strict) { (scanner) throws(ServingError) in
                var reader = JSONMessageReader(scanner, bytes)
                return SettingsMessage(try reader.document(), .json, source: source)
            }
        } catch {
            throw ServingError(.configurationInvalid, "\(source): \(error.message)", cause: error)
        }
    }
}

/// Turns a JSON document into the same tree that text protobuf makes.
private struct JSONMessageReader {
    /// The same bytes that the scanner reads.
    private let bytes: [UInt8]
    private var scanner: JSONScanner
    private var values = 0
    /// Where the last position was asked for, so that lines are counted once.
    private var counted = (offset: 0, position: TextProtobufPosition(line: 1, column: 1))

    init(_ scanner: JSONScanner, _ bytes: [UInt8]) {
        self.scanner = scanner
        self.bytes = bytes
    }

    mutating func document() throws(ServingError) -> TextProtobufMessage {
        guard try scanner.peekKind() == .object else {
            throw scanner.parseError("a model configuration is an object")
        }
        let message = try object()
        try scanner.finish()
        return message
    }

    private mutating func object() throws(ServingError) -> TextProtobufMessage {
        let start = position
        var fields: [TextProtobufField] = []
        var names: Set<String> = []
        try scanner.beginObject()
        while let key = try scanner.nextKey() {
            let name = key.string
            let place = position
            if try scanner.peekKind() == .null {
                try scanner.skipValue()
                continue
            }
            guard names.insert(name).inserted else {
                throw scanner.parseError("'\(name.clipped(to: 80))' is there twice")
            }
            fields.append(TextProtobufField(name: name, value: try value(), position: place))
        }
        return TextProtobufMessage(fields: fields, position: start)
    }

    private mutating func value() throws(ServingError) -> TextProtobufValue {
        values += 1
        guard values <= TextProtobufParser.nodesMaximum else {
            throw scanner.parseError(
                "there are more than \(TextProtobufParser.nodesMaximum) values")
        }
        switch try scanner.peekKind() {
        case .object: return .message(try object())
        case .array: return try list()
        case .string:
            let place = position
            return .scalar(
                .init(kind: .string, bytes: Array(try scanner.readString().utf8), position: place))
        case .boolean:
            let place = position
            let text = try scanner.readBoolean() ? "true" : "false"
            return .scalar(.init(kind: .identifier, bytes: Array(text.utf8), position: place))
        case .number:
            let start = scanner.offset
            let place = position
            try scanner.skipValue()
            return .scalar(
                .init(kind: .number, bytes: Array(bytes[start..<scanner.offset]), position: place))
        case .null: throw scanner.parseError("null cannot stand in a list")
        }
    }

    private mutating func list() throws(ServingError) -> TextProtobufValue {
        let place = position
        var values: [TextProtobufValue] = []
        try scanner.beginArray()
        while try scanner.nextElement() {
            let element = try value()
            if case .list = element { throw scanner.parseError("a list cannot hold lists") }
            values.append(element)
        }
        return .list(values, place)
    }

    private var position: TextProtobufPosition {
        mutating get {
            for byte in bytes[counted.offset..<scanner.offset] {
                if byte == 0x0A {
                    counted.position.line += 1
                    counted.position.column = 1
                } else {
                    counted.position.column += 1
                }
            }
            counted.offset = scanner.offset
            return counted.position
        }
    }
}
