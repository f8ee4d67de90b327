import ServingCore
public import Wire

/// What `slipway convert` says: how the result compares with the original, and whether it was kept.
public struct ConvertReport: CommandReport {
    private let request: ConversionRequest
    private let answer: ConversionAnswer
    private let check: ConversionCheck
    private let resultBytes: Int
    private let kind: String

    init(
        _ request: ConversionRequest, plan: ConversionPlan, answer: ConversionAnswer,
        check: ConversionCheck, resultBytes: Int
    ) {
        self.request = request
        self.answer = answer
        self.check = check
        self.resultBytes = resultBytes
        kind = plan.kind.rawValue
    }

    /// Whether every output is near enough, and accuracy where labels were given.
    public var isAccepted: Bool { reason == nil }

    /// Why the result was thrown away; nil when it was kept.
    private var reason: String? {
        let tolerance = request.effectiveTolerance
        for one in check.differences
        where !one.isWithin(tolerance, rowsMayDiffer: isQuantized ? request.accuracyLoss : 0) {
            return one.isExact
                ? "output '\(one.name)' is equal in only \(percent(one.agreement)) of the rows"
                : "output '\(one.name)' differs by \(number(one.absolute)) "
                    + "(\(number(one.relative)) of its range), beyond the tolerance of "
                    + number(tolerance)
        }
        if let accuracy = check.accuracy, accuracy.original - accuracy.result > request.accuracyLoss
        {
            return "accuracy falls from \(percent(accuracy.original)) to "
                + "\(percent(accuracy.result)), by more than \(percent(request.accuracyLoss))"
        }
        return nil
    }

    private var isQuantized: Bool { request.quantization != nil }

    /// A table of outputs, sizes and times, and the verdict.
    public var text: String {
        var table = TextTable(["OUTPUT", "SHAPE", "MAX DIFF", "OF RANGE", "MEAN DIFF", "AGREE"])
        for one in check.differences {
            table.add([
                one.name, "\(one.shape)", one.isExact ? "-" : number(one.absolute),
                one.isExact ? "-" : number(one.relative), one.isExact ? "-" : number(one.mean),
                percent(one.agreement),
            ])
        }
        let inputs = answer.isSampled ? "of the samples" : "made up (give --samples for real ones)"
        var text = "\(kind) to \(request.target.rawValue) by \(answer.tool); "
        text += "\(check.rows) rows \(inputs)\n\n\(table.text)\n"
        text += "size      \(answer.sourceBytes) bytes before, \(resultBytes) after\n"
        text += "time      \(micros(answer.seconds)) before (\(kind) in Python), "
        text += "\(micros(check.seconds)) after (one call, all rows)\n"
        if let accuracy = check.accuracy {
            text += "accuracy  \(percent(accuracy.original)) before, "
            text += "\(percent(accuracy.result)) after\n"
        }
        if let reason {
            return text + "\nrefused: \(reason). Nothing was kept; --tolerance sets the limit.\n"
        }
        return text + "\nkept in \(request.output)\n"
    }

    /// The same for programs.
    public var json: JSONValue {
        var object: JSONObject = [
            "kind": .string(kind), "target": .string(request.target.rawValue),
            "tool": .string(answer.tool), "accepted": .boolean(isAccepted),
            "output": isAccepted ? .string(request.output) : .null,
            "rows": .integer(Int64(check.rows)), "sampled": .boolean(answer.isSampled),
            "tolerance": .number(request.effectiveTolerance),
            "bytes": [
                "before": .integer(Int64(answer.sourceBytes)),
                "after": .integer(Int64(resultBytes)),
            ],
            "seconds": ["before": .number(answer.seconds), "after": .number(check.seconds)],
        ]
        object["outputs"] = .array(
            check.differences.map {
                [
                    "name": .string($0.name),
                    "shape": .array($0.shape.map { .integer(Int64($0)) }),
                    "max": finite($0.absolute), "relative": finite($0.relative),
                    "mean": finite($0.mean), "agreement": finite($0.agreement),
                ]
            })
        if let accuracy = check.accuracy {
            object["accuracy"] = [
                "before": .number(accuracy.original), "after": .number(accuracy.result),
            ]
        }
        if let reason { object["reason"] = .string(reason) }
        return .object(object)
    }

    private func finite(_ value: Double) -> JSONValue { value.isFinite ? .number(value) : .null }

    private func percent(_ share: Double) -> String {
        "\((share * 10_000).rounded(.down) / 100)%"
    }

    private func micros(_ seconds: Double) -> String { "\(Int((seconds * 1e6).rounded())) us" }

    /// Three digits: `1.23e-05`, `0.25`.
    private func number(_ value: Double) -> String {
        guard value.isFinite, value != 0 else { return "\(value)" }
        var scale = 1.0
        var exponent = 0
        while abs(value) / scale >= 10 { (scale, exponent) = (scale * 10, exponent + 1) }
        while abs(value) / scale < 1 { (scale, exponent) = (scale / 10, exponent - 1) }
        let digits = (value / scale * 100).rounded() / 100
        if (-3..<4).contains(exponent) { return "\((value * 100_000).rounded() / 100_000)" }
        return "\(digits)e\(exponent)"
    }
}
