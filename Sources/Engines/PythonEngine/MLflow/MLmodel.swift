import EngineDocuments
import EngineInterface
import ServingCore

/// What the file `MLmodel` of an MLflow model directory says: flavours, environment, signature.
///
/// MLflow writes it as YAML: https://mlflow.org/docs/latest/ml/model/#mlmodel-file
struct MLmodel: Sendable {
    /// Name of the file that makes a directory an MLflow model.
    static let fileName = "MLmodel"
    /// Largest such file; a signature of thousands of columns has a few hundred kilobytes.
    static let bytesMaximum = 4 << 20

    /// The names of the flavours in the file's order: `python_function`, `sklearn`.
    let flavours: [String]
    /// The module that loads the generic flavour: `mlflow.sklearn`; nil without that flavour.
    let loaderModule: String?
    /// The version of Python that it was saved with: `3.11.7`.
    let pythonVersion: String?
    /// The version of MLflow that it was saved with.
    let mlflowVersion: String?
    /// Names of the files that describe the environment, relative to the directory.
    let environmentFiles: [String]
    /// The declared inputs, outputs and parameters; nil for a model without a signature.
    let signature: MLflowSignature?

    /// Reads the file in a version directory.
    ///
    /// - Throws: `file_unreadable`; `model_invalid` for a file that is no `MLmodel`, or has no flavour
    ///   that Python can load.
    static func read(_ files: ModelFiles, entry: String = fileName) throws(ServingError) -> MLmodel {
        let path = files.path(of: entry)
        let bytes = try SmallFile.read(path, maximum: bytesMaximum)
        do throws(ServingError) {
            return try MLmodel(YAMLValue(yaml: bytes))
        } catch {
            throw error.inContext(path)
        }
    }

    /// Takes the document apart.
    init(_ document: YAMLValue) throws(ServingError) {
        guard let flavours = document["flavors"]?.mapping, !flavours.isEmpty else {
            throw ServingError(
                .modelInvalid,
                "there are no 'flavors'; an MLmodel file that mlflow has written lists them")
        }
        self.flavours = flavours.map(\.key)
        mlflowVersion = document["mlflow_version"]?.scalarText
        let function = document["flavors"]?["python_function"]
        loaderModule = function?["loader_module"]?.text
        pythonVersion = function?["python_version"]?.scalarText
        environmentFiles = Self.environmentFiles(function?["env"])
        signature = try document["signature"].flatMap { value throws(ServingError) in
            try MLflowSignature(value)
        }
    }

    /// `env:` is a file's name (MLflow 1) or names for `virtualenv` and `conda`.
    private static func environmentFiles(_ value: YAMLValue?) -> [String] {
        let named = [value?["virtualenv"]?.text, value?["conda"]?.text, value?.text]
        return named.compactMap { $0 }.filter { name in
            !name.isEmpty && !name.hasPrefix("/") && !name.split(separator: "/").contains("..")
        }
    }

    /// Says why the generic flavour cannot be used, naming those that are there.
    func requireFunction() throws(ServingError) {
        guard loaderModule == nil else { return }
        throw ServingError(
            .modelInvalid,
            "the MLflow model has no python_function flavour, only \(flavours.joined(separator: ", ")); "
                + "save it again with mlflow's Python library")
    }
}
