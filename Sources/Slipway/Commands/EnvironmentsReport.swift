import EngineDocuments
import PythonEngine
public import ServingCore
public import Wire

/// What `slipway engines environments` says: the environments of Python models in the cache.
public struct EnvironmentsReport: CommandReport {
    private struct Environment: Sendable {
        let path: String
        let model: String
        let python: String
        let packages: [String]
        let bytes: Int
        let idleDays: Int
        let state: String
    }

    private let environments: [Environment]

    /// Looks through the cache, and removes what is unused for so many days if that is given.
    ///
    /// - Throws: `library_missing` without a Python; `file_unreadable` without a cache.
    public init(pruneUnusedForDays days: Int?) throws(ServingError) {
        let (seconds, overflow) = (days ?? 0).multipliedReportingOverflow(by: 86_400)
        let json = try EnvironmentKeeping.list(
            pruneUnusedFor: days == nil ? nil : overflow ? .max : seconds)
        let tree = try DocumentValue(json: json)
        environments = (tree.array ?? []).map(Self.environment)
    }

    private static func environment(_ item: DocumentValue) -> Environment {
        let isRemoved = item["removed"]?.boolean == true
        let isWhole = item["complete"]?.boolean == true
        let isUsed = item["in_use"]?.boolean == true
        return Environment(
            path: item["path"]?.string ?? "", model: item["model"]?.string ?? "",
            python: item["python"]?.string ?? "",
            packages: (item["packages"]?.array ?? []).compactMap(\.string),
            bytes: item["bytes"]?.integer.map { Int($0) } ?? 0,
            idleDays: (item["idle_seconds"]?.integer.map { Int($0) } ?? 0) / 86_400,
            state: isRemoved ? "removed" : isUsed ? "in use" : isWhole ? "ready" : "unfinished")
    }

    /// The report for people.
    public var text: String {
        guard !environments.isEmpty else { return "there are no environments of Python models\n" }
        var table = TextTable(["STATE", "IDLE DAYS", "MB", "PYTHON", "MADE FOR", "PATH"])
        for one in environments {
            table.add([
                one.state, "\(one.idleDays)", "\(one.bytes / 1_000_000)", one.python, one.model,
                one.path,
            ])
        }
        return table.text
    }

    /// The report for programs.
    public var json: JSONValue {
        .object([
            "environments": .array(
                environments.map { one in
                    .object([
                        "path": .string(one.path), "state": .string(one.state),
                        "model": .string(one.model), "python": .string(one.python),
                        "packages": .array(one.packages.map { .string($0) }),
                        "bytes": .integer(Int64(one.bytes)),
                        "idle_days": .integer(Int64(one.idleDays)),
                    ])
                })
        ])
    }
}
