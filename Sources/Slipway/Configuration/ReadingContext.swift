import ServingCore
import Yams

/// What a reader of values needs beside the value: where paths start, what may be named, and the
/// list of problems, which grows up to a bound.
struct ReadingContext {
    /// The absolute directory of the file; relative paths start here.
    let baseDirectory: String
    /// Names that `engine` may have; empty when any will do.
    let engines: [String]
    private(set) var problems: [ConfigurationProblem] = []

    /// A file that is wrong everywhere would otherwise be repeated whole.
    static let problemsMaximum = 100

    init(baseDirectory: String, engines: [String]) {
        self.baseDirectory = baseDirectory
        self.engines = engines
    }

    mutating func error(_ node: Node, _ message: String) {
        add(.error, node.position, message)
    }

    mutating func warning(_ node: Node?, _ message: String) {
        add(.warning, node?.position, message)
    }

    mutating func add(
        _ severity: ConfigurationProblem.Severity, _ position: ConfigurationPosition?,
        _ message: String
    ) {
        guard problems.count <= Self.problemsMaximum else { return }
        guard problems.count < Self.problemsMaximum else {
            problems.append(
                ConfigurationProblem(
                    .error, at: position,
                    "there are more than \(Self.problemsMaximum) problems; the rest is not shown"))
            return
        }
        problems.append(ConfigurationProblem(severity, at: position, message))
    }

    /// The value of a key has the wrong form.
    mutating func wrong(_ node: Node, _ path: String, expected: String) {
        error(node, "'\(path)' is \(node.shownValue); it must be \(expected)")
    }

    /// Changes the problems noted since there were `index` of them.
    mutating func amend(
        from index: Int, _ change: (ConfigurationProblem) -> ConfigurationProblem
    ) {
        for position in problems.indices.dropFirst(index) {
            problems[position] = change(problems[position])
        }
    }

    /// An absolute path for one that may be relative to the file.
    func absolute(_ path: String) -> String {
        FilePath.absolute(path, in: baseDirectory)
    }
}

extension Node {
    /// Where the node starts.
    var position: ConfigurationPosition? {
        mark.map { ConfigurationPosition(line: $0.line, column: $0.column) }
    }

    /// The value as an error repeats it.
    var shownValue: String {
        switch self {
        case .scalar(let scalar):
            scalar.string.isEmpty && scalar.style == .plain
                ? "empty" : "'\(scalar.string.clipped(to: 80))'"
        case .sequence: "a list"
        case .mapping: "a mapping"
        case .alias: "an alias"
        }
    }

    /// The text of a scalar that was written without quotes; nil for everything else.
    var plainText: String? {
        guard case .scalar(let scalar) = self, scalar.style == .plain else { return nil }
        return scalar.string
    }

    /// The text of a scalar, quoted or not; nil for lists, mappings and nothing.
    var scalarText: String? {
        guard case .scalar(let scalar) = self else { return nil }
        return scalar.string.isEmpty && scalar.style == .plain ? nil : scalar.string
    }
}
