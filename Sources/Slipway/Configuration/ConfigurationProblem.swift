public import ServingCore

/// Something wrong, or questionable, in a configuration, and where.
public struct ConfigurationProblem: Hashable, Sendable {
    /// Whether the configuration can be used all the same.
    public enum Severity: String, Hashable, Sendable {
        /// The configuration is refused.
        case error
        /// The configuration is used; the operator should know.
        case warning
    }

    /// Whether the configuration can be used all the same.
    public let severity: Severity
    /// Line and column in the file, from 1; nil for problems of the file as a whole.
    public let position: ConfigurationPosition?
    /// What is wrong, with the value, and what to do.
    public let message: String
    /// The file, when it is another than the one that is read: a file that a flag names.
    public let file: String?

    /// Describes a problem.
    public init(
        _ severity: Severity, at position: ConfigurationPosition?, _ message: String,
        file: String? = nil
    ) {
        self.severity = severity
        self.position = position
        self.message = message
        self.file = file
    }

    /// `slipway.yaml:7:5: unknown key …`, as compilers write it, so that editors can jump there.
    public func line(file: String) -> String {
        let file = self.file ?? file
        let place = position.map { "\(file):\($0)" } ?? file
        return severity == .warning ? "\(place): warning: \(message)" : "\(place): \(message)"
    }
}

/// A place in a text file: line and column, both from 1.
public struct ConfigurationPosition: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The line, from 1.
    public let line: Int
    /// The column in characters, from 1.
    public let column: Int

    /// Marks a place.
    public init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    public var description: String { "\(line):\(column)" }

    public static func < (left: Self, right: Self) -> Bool {
        (left.line, left.column) < (right.line, right.column)
    }
}

/// What became of reading a configuration: all problems at once, and the result unless one is an
/// error.
public struct ConfigurationReading: Sendable {
    /// The name of the file in messages.
    public let file: String
    /// The configuration; nil when any problem is an error.
    public let configuration: Configuration?
    /// Errors and warnings in the order of the file.
    public let problems: [ConfigurationProblem]

    init(file: String, configuration: Configuration, problems: [ConfigurationProblem]) {
        self.file = file
        let isUsable = problems.allSatisfy { $0.severity == .warning }
        self.configuration = isUsable ? configuration : nil
        let start = ConfigurationPosition(line: 0, column: 0)
        self.problems = problems.enumerated().sorted {
            ($0.element.file ?? "", $0.element.position ?? start, $0.offset)
                < ($1.element.file ?? "", $1.element.position ?? start, $1.offset)
        }.map(\.element)
    }

    /// The same reading with problems that were found outside the file's text.
    func adding(_ further: [ConfigurationProblem]) -> ConfigurationReading {
        guard let configuration else { return self }
        return ConfigurationReading(
            file: file, configuration: configuration, problems: problems + further)
    }

    /// One line a problem, ready to print.
    public var lines: [String] { problems.map { $0.line(file: file) } }

    /// One line a warning, ready to log.
    public var warnings: [String] {
        problems.filter { $0.severity == .warning }.map { $0.line(file: file) }
    }

    /// The configuration.
    ///
    /// - Throws: `configuration_invalid` with all the errors, a line each.
    public func get() throws(ServingError) -> Configuration {
        if let configuration { return configuration }
        let errors = problems.filter { $0.severity == .error }.map { $0.line(file: file) }
        throw ServingError(.configurationInvalid, errors.joined(separator: "\n"))
    }
}
