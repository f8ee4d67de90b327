public import Wire

/// One thing that `slipway doctor` looked at.
public struct DoctorCheck: Hashable, Sendable {
    /// How it went, from best to worst.
    public enum Status: String, Hashable, Sendable, CaseIterable {
        /// As it should be.
        case ok
        /// Serving works, but something will be slower, smaller or unavailable.
        case warning = "warn"
        /// Serving will not work.
        case failure = "fail"
    }

    /// What was looked at: `memory`, `port 8501`.
    public let name: String
    /// How it went.
    public let status: Status
    /// What was found, with its values.
    public let finding: String
    /// What to do about it; nil when there is nothing to do.
    public let remedy: String?

    /// Reports on one thing.
    public init(_ name: String, _ status: Status, _ finding: String, remedy: String? = nil) {
        self.name = name
        self.status = status
        self.finding = finding
        self.remedy = remedy
    }
}

/// What `slipway doctor` says: what is missing on this machine, and how to get it.
public struct DoctorReport: Hashable, Sendable {
    /// The checks, in the order they are shown.
    public let checks: [DoctorCheck]

    /// Collects checks.
    public init(_ checks: [DoctorCheck]) {
        self.checks = checks
    }

    /// Whether nothing stands in the way of serving; warnings do not count.
    public var isHealthy: Bool { !checks.contains { $0.status == .failure } }

    /// A line a check, with what to do below it, and a summary.
    public var text: String {
        let width = checks.map(\.name.count).max() ?? 0
        var text = ""
        for check in checks {
            let status = check.status.rawValue
            text += status + String(repeating: " ", count: 6 - status.count)
            text += check.name + String(repeating: " ", count: width - check.name.count + 2)
            text += TextTable.oneLine(check.finding) + "\n"
            if let remedy = check.remedy {
                for line in remedy.split(separator: "\n") {
                    text +=
                        String(repeating: " ", count: width + 8) + TextTable.oneLine(String(line))
                        + "\n"
                }
            }
        }
        return text + "\n" + summary + "\n"
    }

    /// The report for programs.
    public var json: JSONValue {
        .object([
            "healthy": .boolean(isHealthy),
            "checks": .array(
                checks.map { check in
                    .object([
                        "name": .string(check.name), "status": .string(check.status.rawValue),
                        "finding": .string(check.finding),
                        "remedy": check.remedy.map { .string($0) } ?? .null,
                    ])
                }),
        ])
    }

    private var summary: String {
        let failures = checks.filter { $0.status == .failure }.count
        let warnings = checks.filter { $0.status == .warning }.count
        switch (failures, warnings) {
        case (0, 0): return "All is well."
        case (0, let warnings): return "Ready to serve, with \(Self.count(warnings, "warning"))."
        case (let failures, let warnings):
            return "Not ready: \(Self.count(failures, "failure")), "
                + "\(Self.count(warnings, "warning"))."
        }
    }

    private static func count(_ number: Int, _ noun: String) -> String {
        "\(number) \(noun)\(number == 1 ? "" : "s")"
    }
}
