import EngineInterface

/// The forms in which Python's models come, recognised by the names of files.
enum PythonForm: String, CaseIterable, Sendable {
    case mlflow, custom, pickled, skops, keras, catboost, spark

    /// The framework as people call it.
    var framework: String {
        switch self {
        case .mlflow: "MLflow"
        case .custom: "Python"
        case .pickled: "scikit-learn"
        case .skops: "scikit-learn (skops)"
        case .keras: "Keras"
        case .catboost: "CatBoost"
        case .spark: "Spark MLlib"
        }
    }

    /// The module in `slipway_worker.loaders` that loads it.
    var loader: String { rawValue }

    /// Why loading it runs code that its files hold; nil when it does not.
    var reasonForCode: String? {
        switch self {
        case .mlflow: "an MLflow model is loaded by unpickling or by code beside it"
        case .custom: "model.py is a program"
        case .pickled: "unpickling runs code that the file names"
        case .skops, .keras, .catboost, .spark: nil
        }
    }

    /// Bytes with which the entry begins, and what such a file is; nil where any bytes may be.
    var signature: (bytes: [UInt8], name: String)? {
        switch self {
        case .skops: ([0x50, 0x4B], "a zip archive, as skops writes it")
        case .catboost: (Array("CBM1".utf8), "CatBoost's binary format")
        case .mlflow, .custom, .pickled, .keras, .spark: nil
        }
    }

    /// Endings of the files of this form.
    private var endings: [String] {
        switch self {
        case .pickled: [".pkl", ".pickle", ".joblib"]
        case .skops: [".skops"]
        case .keras: [".keras", ".h5"]
        case .catboost: [".cbm"]
        case .mlflow, .custom, .spark: []
        }
    }

    /// The form of an entry; nil for other names.
    init?(entry: String) {
        switch entry {
        case "MLmodel": self = .mlflow
        case "model.py": self = .custom
        case "metadata": self = .spark
        default:
            let form = Self.allCases.first { $0.endings.contains { entry.hasSuffix($0) } }
            guard let form else { return nil }
            self = form
        }
    }

    /// The entry that is claimed for a directory with several models, none of them `model.*`.
    static let ambiguousEntry = "several models"

    /// What to load in a directory: `MLmodel`, `model.py`, `model.*`, or the only file of a known
    /// ending.
    static func entry(in files: ModelFiles) -> String? {
        for name in ["MLmodel", "model.py"] where isFile(name, files) { return name }
        let found = candidates(in: files)
        let models = found.filter { $0.hasPrefix("model.") }
        if models.count == 1 { return models[0] }
        if found.count == 1 { return found[0] }
        if found.count > 1 { return ambiguousEntry }
        return isSpark(files) ? "metadata" : nil
    }

    /// The files with a known ending.
    static func candidates(in files: ModelFiles) -> [String] {
        allCases.flatMap(\.endings).flatMap { files.files(endingWith: $0) }.map(\.name).sorted()
    }

    private static func isFile(_ name: String, _ files: ModelFiles) -> Bool {
        files.entry(name).map { !$0.isDirectory } ?? false
    }

    /// Spark saves every pipeline and model as a directory with metadata in a text of one line.
    private static func isSpark(_ files: ModelFiles) -> Bool {
        files.entries.contains { !$0.isDirectory && $0.name.hasPrefix("metadata/part-") }
    }
}
