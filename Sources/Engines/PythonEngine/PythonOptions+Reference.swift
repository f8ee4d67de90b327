import EngineInterface

extension PythonOptions {
    /// Every option, with its values, default and meaning.
    static let reference: [EngineOptionDescription] =
        [
            .init(
                name: "allow_code", values: "true or false", defaultText: "false",
                meaning: "Whether code from the model's files may run: pickles, model.py, MLflow, "
                    + "requirements, Lambda layers."),
            .init(
                name: "concurrency", values: "1 to 64", defaultText: "1, or what model.py says",
                meaning: "Calls at a time in one worker process."),
            .init(
                name: "input_type", values: "a type of numbers, such as float32",
                defaultText: "float64; float32 for CatBoost",
                meaning: "The element type of the matrix, or of columns of numbers."),
            .init(
                name: "outputs", values: "methods, as 'predict,predict_proba'",
                defaultText: "those that the model has",
                meaning: "Which methods of a scikit-learn model become outputs."),
            .init(
                name: "columns", values: "true or false",
                defaultText: "true when the model picks columns by name",
                meaning: "Whether each column is an input of its own, and the model gets a DataFrame."
            ),
            .init(
                name: "column_types", values: "columns with types",
                defaultText: "bytes for categories and texts, else input_type",
                meaning: "Element types of columns that are guessed wrongly."),
            .init(
                name: "trusted_types", values: "types, separated by commas", defaultText: "none",
                meaning: "Types in a .skops file that skops does not trust by itself."),
            .init(
                name: "settings", values: "names with texts", defaultText: "none",
                meaning: "What model.py finds in context.settings."),
        ] + EnvironmentOptions.reference
}
