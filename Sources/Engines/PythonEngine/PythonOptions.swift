import EngineInterface
import ServingCore

/// A model's options for this engine, checked; the worker reads most of them itself.
struct PythonOptions: Sendable {
    /// Names in the configuration.
    static let names = reference.map(\.name)
    /// Types that a matrix of numbers may have.
    private static let inputTypes = [
        "float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8",
    ]
    /// Types that a column may have.
    private static let columnTypes = inputTypes + ["bool", "bytes"]
    /// Lanes of a `model.py` that says how many calls it takes at a time.
    private static let customLanes = 16

    /// Whether code from the model's files may run.
    let allowsCode: Bool
    /// Calls at a time in one worker; nil for what the model says.
    private let concurrency: Int?

    /// Reads and checks.
    ///
    /// - Throws: `configuration_invalid` for an unknown option or a wrong value.
    init(_ options: EngineOptions) throws(ServingError) {
        try options.requireKnown(Self.names, engine: "python")
        _ = try EnvironmentOptions(options)
        allowsCode = try options.boolean("allow_code") ?? false
        concurrency = try options.integer("concurrency", in: 1...64)
        _ = try options.text("trusted_types")
        _ = try options.text("outputs")
        _ = try options.boolean("columns")
        _ = try options.choice("input_type", of: Self.inputTypes)
        _ = try options.mapping("settings")
        for (column, type) in try options.mapping("column_types")
        where !Self.columnTypes.contains(type) {
            throw ServingError(
                .configurationInvalid,
                "option 'column_types' gives '\(column.clipped())' the type '\(type.clipped())'; it "
                    + "must be one of \(Self.columnTypes.joined(separator: ", "))")
        }
    }

    /// How many lanes a worker is given.
    func lanes(for form: PythonForm) -> Int {
        concurrency ?? (form == .custom ? Self.customLanes : 1)
    }

    /// Refuses a form whose files are code, unless the options allow it.
    ///
    /// - Throws: `configuration_invalid` with the reason and what to write.
    func requireAllowed(_ form: PythonForm, entry: String) throws(ServingError) {
        guard let reason = form.reasonForCode, !allowsCode else { return }
        throw ServingError(
            .configurationInvalid,
            "'\(entry.clipped())' is not loaded: \(reason), and whoever wrote the file decides what "
                + "that code does. If you trust it, write 'options: {allow_code: true}' for this model")
    }
}
