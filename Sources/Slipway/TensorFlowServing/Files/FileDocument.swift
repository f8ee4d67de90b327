import ServingCore
import Wire
import Yams

/// What a file of TensorFlow Serving's came to.
struct FileReading<Value> {
    /// The value; meaningless while a problem is an error.
    var value: Value
    /// Errors and warnings.
    var problems: [ConfigurationProblem]

    /// Whether the value can be used.
    var isUsable: Bool { problems.allSatisfy { $0.severity == .warning } }
}

/// Finds out how a file is written, text protobuf or YAML, and reads it.
enum FileDocument {
    /// Reads a file's bytes by a table of fields.
    ///
    /// The extension decides (`.yaml`, `.yml`, `.json`); without one of these it is text protobuf,
    /// unless only reading it as YAML succeeds.
    static func read<Root>(
        _ bytes: [UInt8], file: String, as empty: Root,
        _ body: (TextProtobufMessage, inout FileContext, inout Root) -> Void
    ) -> FileReading<Root> {
        if [".yaml", ".yml", ".json"].contains(where: { file.lowercased().hasSuffix($0) }) {
            return readYAML(bytes, file, empty, body)
        }
        let text = readText(bytes, file, empty, body)
        guard !text.isUsable else { return text }
        let yaml = readYAML(bytes, file, empty, body)
        return yaml.isUsable ? yaml : text
    }

    private static func readText<Root>(
        _ bytes: [UInt8], _ file: String, _ empty: Root,
        _ body: (TextProtobufMessage, inout FileContext, inout Root) -> Void
    ) -> FileReading<Root> {
        var context = FileContext(file: file, notation: .text)
        var root = empty
        do throws(TextProtobufProblem) {
            body(try TextProtobufParser.message(of: bytes), &context, &root)
        } catch {
            context.error(error.position, error.message)
        }
        return FileReading(value: root, problems: context.problems)
    }

    private static func readYAML<Root>(
        _ bytes: [UInt8], _ file: String, _ empty: Root,
        _ body: (TextProtobufMessage, inout FileContext, inout Root) -> Void
    ) -> FileReading<Root> {
        var context = FileContext(file: file, notation: .yaml)
        var root = empty
        var reading = ReadingContext(baseDirectory: "/", engines: [])
        if let node = YAMLDocument.root(of: bytes, &reading) {
            if case .message(let message) = value(of: node) {
                body(message, &context, &root)
            } else {
                context.error(place(of: node), "the file must be a mapping of fields")
            }
        }
        let further = reading.problems.map {
            ConfigurationProblem($0.severity, at: $0.position, $0.message, file: file)
        }
        return FileReading(value: root, problems: further + context.problems)
    }

    /// A YAML node in the form of the text's tree; the depth was checked when it was parsed.
    private static func value(of node: Node) -> TextProtobufValue {
        let position = place(of: node)
        switch node {
        case .mapping(let mapping):
            let fields = mapping.map { key, value in
                TextProtobufField(
                    name: key.scalarText ?? "", value: self.value(of: value),
                    position: place(of: key))
            }
            return .message(TextProtobufMessage(fields: fields, position: position))
        case .sequence(let sequence): return .list(sequence.map { value(of: $0) }, position)
        case .scalar(let scalar):
            let isPlain = scalar.style == .plain
            // `all:` with nothing behind it is an empty message.
            if isPlain, ["", "~", "null"].contains(scalar.string) {
                return .message(TextProtobufMessage(fields: [], position: position))
            }
            let isNumber = isPlain && Int64(scalar.string) != nil
            return .scalar(
                TextProtobufScalar(
                    kind: isNumber ? .number : isPlain ? .identifier : .string,
                    bytes: Array(scalar.string.utf8), position: position))
        case .alias:
            return .message(TextProtobufMessage(fields: [], position: position))
        }
    }

    private static func place(of node: Node) -> TextProtobufPosition {
        TextProtobufPosition(line: node.position?.line ?? 1, column: node.position?.column ?? 1)
    }
}
