import EngineInterface
import Inference
import ServingCore
import Tensors

/// Asks a converted model the inputs that the original has answered, and compares.
struct ConversionCheck: Sendable {
    /// An output of the result beside the original's.
    let differences: [OutputDifference]
    /// Seconds for all rows in one call, the fastest of several.
    let seconds: Double
    /// The share of right answers of the original and of the result; nil without labels.
    let accuracy: (original: Double, result: Double)?
    let rows: Int

    /// Runs the model at `path` as a server would.
    ///
    /// - Throws: `model_invalid` when no output corresponds; what the engine says.
    init(_ answer: ConversionAnswer, path: String, environment: EngineEnvironment)
        throws(ServingError)
    {
        let model = try LocalModel(path: path, environment: environment)
        defer { model.unload() }
        let signature = try model.metadata.signature(named: nil)
        let request = InferenceRequest(inputs: try Self.inputs(answer.inputs, signature))
        var outputs: [NamedTensor] = []
        var fastest = Duration.seconds(3600)
        for _ in 0..<5 {
            let start = ContinuousClock.now
            outputs = try model.run(request)
            fastest = min(fastest, ContinuousClock.now - start)
        }
        seconds = fastest / .seconds(1)
        rows = answer.inputs.first?.tensor.shape.leadingDimension ?? 1
        let pairs = try Self.pairs(outputs, answer.outputs)
        var differences: [OutputDifference] = []
        for (result, original) in pairs {
            differences.append(
                try OutputDifference(
                    result.name, result: result.tensor, original: original.tensor))
        }
        self.differences = differences
        accuracy = try answer.labels.map { labels throws(ServingError) in
            (
                try Self.accuracy(pairs.map(\.1), labels),
                try Self.accuracy(pairs.map(\.0), labels)
            )
        }
    }

    /// The inputs under the result's own names.
    private static func inputs(_ given: [NamedTensor], _ signature: ModelSignature)
        throws(ServingError) -> [NamedTensor]
    {
        guard given.count == signature.inputs.count else {
            throw ServingError(
                .modelInvalid,
                "the result takes \(signature.inputs.map(\.name)), and the original "
                    + "\(given.map(\.name))")
        }
        if given.allSatisfy({ signature.inputIndex(of: $0.name) != nil }) { return given }
        return zip(signature.inputs, given).map { NamedTensor($0.name, $1.tensor) }
    }

    /// Outputs with the same name, or else with the same size in the same order.
    private static func pairs(_ results: [NamedTensor], _ originals: [NamedTensor])
        throws(ServingError) -> [(NamedTensor, NamedTensor)]
    {
        var left = results
        var pairs: [(NamedTensor, NamedTensor)] = []
        for original in originals {
            let index =
                left.firstIndex { $0.name == original.name }
                ?? left.firstIndex {
                    $0.tensor.shape.elementCount == original.tensor.shape.elementCount
                        && $0.tensor.elementType.isFloatingPoint
                            == original.tensor.elementType.isFloatingPoint
                }
            guard let index else {
                throw ServingError(
                    .modelInvalid,
                    "the original's output '\(original.name)' \(original.tensor.shape) has no "
                        + "counterpart among the result's: "
                        + results.map { "'\($0.name)' \($0.tensor.shape)" }
                        .joined(separator: ", "))
            }
            pairs.append((left.remove(at: index), original))
        }
        return pairs
    }

    /// The share of rows whose answer is the label: a label output, or the largest of several columns.
    private static func accuracy(_ outputs: [NamedTensor], _ labels: [Double])
        throws(ServingError) -> Double
    {
        for output in outputs {
            guard let numbers = output.tensor.numbers,
                output.tensor.shape.leadingDimension == labels.count, !labels.isEmpty
            else { continue }
            let columns = numbers.count / labels.count
            if output.tensor.elementType.isFloatingPoint, columns < 2 { continue }
            let right = labels.indices.count { row in
                let values = numbers[row * columns..<(row + 1) * columns]
                let answer =
                    columns == 1 ? numbers[row] : Double(OutputDifference.largest(values))
                return answer == labels[row]
            }
            return Double(right) / Double(labels.count)
        }
        throw ServingError(
            .invalidTensor,
            "--labels has \(labels.count) values, and no output gives a class for as many rows; "
                + "give one label for each row of --samples")
    }
}
