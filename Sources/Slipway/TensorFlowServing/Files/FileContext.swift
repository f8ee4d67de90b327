import ServingCore
import Wire

/// What the readers of TensorFlow Serving's files need beside the tree: the file's name, how it is
/// written, and the list of problems.
struct FileContext {
    /// How a file is written; the fields are the same.
    enum Notation: Hashable, Sendable {
        /// Text protobuf, as TensorFlow Serving reads it.
        case text
        /// YAML or JSON: `snake_case` or `camelCase` names, quotes where one likes.
        case yaml
    }

    /// The file's name in messages.
    let file: String
    /// How it is written.
    let notation: Notation
    private(set) var problems: [ConfigurationProblem] = []

    init(file: String, notation: Notation) {
        self.file = file
        self.notation = notation
    }

    /// Whether the file can be used.
    var isUsable: Bool { problems.allSatisfy { $0.severity == .warning } }

    /// How many errors were noted.
    var errorCount: Int { problems.count { $0.severity == .error } }

    mutating func error(_ position: TextProtobufPosition?, _ message: String) {
        add(.error, position, message)
    }

    mutating func warning(_ position: TextProtobufPosition?, _ message: String) {
        add(.warning, position, message)
    }

    /// The value of a field has the wrong form.
    mutating func wrong(_ value: TextProtobufValue, _ path: String, expected: String) {
        error(value.position, "'\(path)' is \(value.shown); it must be \(expected)")
    }

    private mutating func add(
        _ severity: ConfigurationProblem.Severity, _ position: TextProtobufPosition?,
        _ message: String
    ) {
        guard problems.count < ReadingContext.problemsMaximum else { return }
        problems.append(
            ConfigurationProblem(
                severity,
                at: position.map { ConfigurationPosition(line: $0.line, column: $0.column) },
                message, file: file))
    }
}

extension TextProtobufValue {
    /// The value as an error repeats it.
    var shown: String {
        switch self {
        case .message: "a message"
        case .list: "a list"
        case .scalar(let scalar): "'\((scalar.text ?? "bytes that are not UTF-8").clipped(to: 80))'"
        }
    }
}
