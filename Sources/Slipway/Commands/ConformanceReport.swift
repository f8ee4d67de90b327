public import Conformance
public import Wire

/// What `slipway conformance` says: which claims of which protocols hold at a server.
public struct ConformanceReport: CommandReport {
    private let results: [CheckResult]

    /// Reports these results, in their order.
    public init(_ results: [CheckResult]) {
        self.results = results
    }

    /// Whether something was checked and nothing breaks.
    public var isClean: Bool {
        count(.holds, in: results) > 0 && count(.breaks, in: results) == 0
    }

    public var text: String {
        ConformanceProtocol.allCases.map(section).joined() + summary
    }

    private func section(_ suite: ConformanceProtocol) -> String {
        let own = results.filter { $0.suite == suite }
        guard let first = own.first else { return "" }
        let title = "\(suite.title) (\(suite.rawValue))\n"
        // A protocol that is not spoken needs one line, not one a check.
        if own.allSatisfy({ $0.verdict == .skipped && $0.reason == first.reason }), own.count > 1 {
            return title + "  not checked: \(TextTable.oneLine(first.reason))\n\n"
        }
        let width = own.map(\.name.count).max() ?? 0
        return title
            + own.map { result in
                let name = result.name + String(repeating: " ", count: width - result.name.count)
                let line = "  \(Self.mark(result.verdict))  \(name)  \(result.claim)\n"
                guard !result.reason.isEmpty else { return line }
                return line + "          \(TextTable.oneLine(result.reason))\n"
            }.joined() + "\n"
    }

    private static func mark(_ verdict: CheckResult.Verdict) -> String {
        switch verdict {
        case .holds: "holds  "
        case .breaks: "BREAKS "
        case .skipped: "skipped"
        }
    }

    private var summary: String {
        "\(count(.holds, in: results)) hold, \(count(.breaks, in: results)) break, "
            + "\(count(.skipped, in: results)) not checked\n"
    }

    private func count(_ verdict: CheckResult.Verdict, in results: [CheckResult]) -> Int {
        results.count { $0.verdict == verdict }
    }

    public var json: JSONValue {
        .object([
            "holds": .integer(Int64(count(.holds, in: results))),
            "breaks": .integer(Int64(count(.breaks, in: results))),
            "skipped": .integer(Int64(count(.skipped, in: results))),
            "checks": .array(
                results.map { result in
                    .object([
                        "protocol": .string(result.suite.rawValue), "name": .string(result.name),
                        "claim": .string(result.claim), "verdict": .string(result.verdict.rawValue),
                        "reason": .string(result.reason),
                    ])
                }),
        ])
    }
}
