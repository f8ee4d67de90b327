import Models
public import Wire

/// What `slipway check` says: every problem of each configuration, without serving.
public struct CheckReport: CommandReport {
    private let readings: [ConfigurationReading]

    /// Judges what was read.
    public init(_ readings: [ConfigurationReading]) {
        self.readings = readings
    }

    /// Whether every configuration could be served; warnings do not count.
    public var isValid: Bool { readings.allSatisfy { $0.configuration != nil } }

    /// Each problem on a line that editors can jump to, and a verdict a file.
    public var text: String {
        readings.map { reading in
            let problems = reading.lines.map { $0 + "\n" }.joined()
            guard let configuration = reading.configuration else {
                return problems + "\(reading.file): invalid\n"
            }
            let models = configuration.models.models.count
            let count = models == 1 ? "1 model" : "\(models) models"
            return problems + "\(reading.file): valid, \(count)\n"
        }.joined()
    }

    /// The report for programs.
    public var json: JSONValue {
        .object([
            "valid": .boolean(isValid),
            "files": .array(
                readings.map { reading in
                    .object([
                        "file": .string(reading.file),
                        "valid": .boolean(reading.configuration != nil),
                        "problems": .array(reading.problems.map(Self.document(of:))),
                    ])
                }),
        ])
    }

    private static func document(of problem: ConfigurationProblem) -> JSONValue {
        .object([
            "severity": .string(problem.severity.rawValue),
            "line": problem.position.map { .integer(Int64($0.line)) } ?? .null,
            "column": problem.position.map { .integer(Int64($0.column)) } ?? .null,
            "message": .string(problem.message),
        ])
    }
}
