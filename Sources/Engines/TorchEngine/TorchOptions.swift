import EngineInterface
import ServingCore

/// A model's options for this engine, checked.
struct TorchOptions: Sendable {
    /// Every option, with its values, default and meaning.
    static let reference: [EngineOptionDescription] = [
        .init(
            name: "concurrency", values: "1 to 1024", defaultText: "the processors it may use",
            meaning: "How many runs at a time; a model that changes itself runs one at a time."),
        .init(
            name: "check_package", values: "true or false", defaultText: "true",
            meaning:
                "Whether a compiled package (.pt2) is compared with this machine, and by a trial "
                + "run with model.yaml."),
        .init(
            name: "input_names", values: "names with commas between them",
            defaultText: "those of the model",
            meaning: "Other names for the inputs, in the model's order, for clients that use them."),
        .init(
            name: "output_names", values: "names with commas between them",
            defaultText: "those of the model",
            meaning: "Other names for the outputs, in the model's order."),
    ]

    /// Whether a compiled package's own declaration is compared with `model.yaml` by a trial run.
    let checksPackage: Bool
    /// Runs at a time; nil: the budget.
    let concurrency: Int?
    /// Names of the inputs instead of the model's; nil: the model's.
    let inputNames: [String]?
    /// Names of the outputs instead of the model's; nil: the model's.
    let outputNames: [String]?

    /// Reads and checks.
    ///
    /// - Throws: `configuration_invalid` for an unknown option or a wrong value.
    init(_ options: EngineOptions) throws(ServingError) {
        try options.requireKnown(Self.reference.map(\.name), engine: "torch")
        checksPackage = try options.boolean("check_package") ?? true
        concurrency = try options.integer("concurrency", in: 1...1024)
        inputNames = try Self.names(options, "input_names")
        outputNames = try Self.names(options, "output_names")
    }

    private static func names(_ options: EngineOptions, _ option: String) throws(ServingError)
        -> [String]?
    {
        guard let text = try options.text(option) else { return nil }
        let names = text.split(separator: ",", omittingEmptySubsequences: false).map {
            String($0.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
        }
        guard names.allSatisfy({ !$0.isEmpty }), Set(names).count == names.count else {
            throw ServingError(
                .configurationInvalid,
                "option '\(option)' is '\(text.clipped())'; it must be different names with commas "
                    + "between them")
        }
        return names
    }
}
