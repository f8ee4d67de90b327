import EngineInterface
import ServingCore
import Tensors

/// A model's options for this engine, checked.
struct TreeOptions: Sendable {
    /// What a model can give.
    enum Output: String, CaseIterable, Sendable {
        case prediction, margin, leaf, contributions, `class`
    }

    /// Which iterations (boosting rounds) take part.
    enum Iterations: Hashable, Sendable {
        /// Those up to the best, where early stopping recorded it; else all.
        case best
        case all
        case range(Range<Int>)
    }

    static let names = reference.map(\.name)

    /// The outputs, the first of them under `outputName`.
    let outputs: [Output]
    let iterations: Iterations
    /// A value that stands for a missing one, as text; nil for none besides NaN.
    let missing: Double?
    /// The type of the input; nil for the library's.
    let inputType: ElementType?
    let inputName: String
    let outputName: String

    /// Reads and checks.
    ///
    /// - Throws: `configuration_invalid` for an unknown option or a wrong value.
    init(_ options: EngineOptions) throws(ServingError) {
        try options.requireKnown(Self.names, engine: "trees")
        outputs = try Self.outputs(options)
        iterations = try Self.iterations(options)
        missing = try Self.missing(options)
        let type = try options.choice("input_type", of: ["float32", "float64"])
        inputType = type.map { $0 == "float32" ? .float32 : .float64 }
        inputName = try Self.name(options, "input_name") ?? "input__0"
        outputName = try Self.name(options, "output_name") ?? "output__0"
    }

    private static func outputs(_ options: EngineOptions) throws(ServingError) -> [Output] {
        guard let text = try options.text("outputs") else { return [.prediction] }
        var outputs: [Output] = []
        for word in text.split(separator: ",", omittingEmptySubsequences: false) {
            let name = word.drop { $0 == " " }.prefix { $0 != " " }
            guard let output = Output(rawValue: String(name)), !outputs.contains(output) else {
                throw wrong(
                    "outputs", text,
                    "some of \(Output.allCases.map(\.rawValue).joined(separator: ", ")), each once, "
                        + "with commas between them")
            }
            outputs.append(output)
        }
        return outputs
    }

    private static func iterations(_ options: EngineOptions) throws(ServingError) -> Iterations {
        guard let text = try options.text("iteration_range") else { return .best }
        if text == "all" { return .all }
        if text == "best" { return .best }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let first = Int(parts[0]), let end = Int(parts[1]), first >= 0,
            end > first
        else {
            throw wrong("iteration_range", text, "'best', 'all', or first and end such as '0:50'")
        }
        return .range(first..<end)
    }

    private static func missing(_ options: EngineOptions) throws(ServingError) -> Double? {
        switch options.values["missing"] {
        case nil: return nil
        case .integer(let value): return Double(value)
        case .text(let text):
            guard let value = Double(text), !value.isNaN else {
                throw wrong("missing", text, "a number")
            }
            return value
        case let value?: throw wrong("missing", "\(value)", "a number")
        }
    }

    private static func name(
        _ options: EngineOptions, _ option: String
    ) throws(ServingError) -> String? {
        guard let name = try options.text(option) else { return nil }
        guard !name.isEmpty, name.utf8.count <= Limits.nameBytesMaximum else {
            throw wrong(option, name, "1 to \(Limits.nameBytesMaximum) bytes")
        }
        return name
    }

    private static func wrong(
        _ option: String, _ value: String, _ expected: String
    ) -> ServingError {
        ServingError(
            .configurationInvalid,
            "option '\(option)' is '\(value.clipped(to: 64))'; it must be \(expected)")
    }
}

extension TreeOptions {
    /// Every option, with its values, default and meaning.
    static let reference: [EngineOptionDescription] = [
        .init(
            name: "outputs", values: "prediction, margin, leaf, contributions, class; with commas",
            defaultText: "prediction",
            meaning: "What the model gives: several become several outputs, in this order."),
        .init(
            name: "iteration_range", values: "best, all, or first:end", defaultText: "best",
            meaning: "The boosting rounds that take part; best is where early stopping recorded it."
        ),
        .init(
            name: "missing", values: "a number", defaultText: "none",
            meaning: "A value that stands for a missing one, as NaN always does (XGBoost)."),
        .init(
            name: "input_type", values: "float32 or float64",
            defaultText: "float32 for XGBoost, float64 for LightGBM",
            meaning: "The type of the input; LightGBM's outputs have the same."),
        .init(
            name: "input_name", values: "a name", defaultText: "input__0",
            meaning: "The name of the input."),
        .init(
            name: "output_name", values: "a name", defaultText: "output__0",
            meaning: "The name of the first output; others are named by what they hold."),
    ]
}
