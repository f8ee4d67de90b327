import EngineInterface
import ServingCore

/// Finds the model among the files of a version directory.
enum TreeFiles {
    /// The entry that is claimed for a directory with several models: to load it fails with the
    /// names and what to do.
    static let ambiguousEntry = "several models"

    /// Names that stand for a model whatever else is there, as servers and the libraries' own
    /// documents have them, the first first.
    private static let names = [
        "xgboost.json", "xgboost.ubj", "xgboost.model", "model.json", "model.ubj", "model.xgb",
        "model.bst", "model.txt", "model.lgb", "model.lgbm",
    ]
    private static let suffixes = [
        ".json", ".ubj", ".xgb", ".bst", ".txt", ".lgb", ".lgbm", ".model", ".deprecated", ".bin",
    ]
    /// Most files that are looked into.
    private static let looksMaximum = 64

    /// The names of the models, and what they are; the standing name alone where there is one.
    static func models(_ files: ModelFiles) -> [(name: String, format: TreeFormat)] {
        // A directory of MLflow is the Python engine's: its files say how the model is to be called.
        guard files.entry("MLmodel") == nil else { return [] }
        for name in names {
            guard let entry = files.entry(name), !entry.isDirectory else { continue }
            if let format = TreeFormat.ofFile(files.path(of: name)) { return [(name, format)] }
        }
        var found: [(name: String, format: TreeFormat)] = []
        var looks = 0
        for suffix in suffixes {
            for entry in files.files(endingWith: suffix) {
                looks += 1
                guard looks <= looksMaximum else { return found }
                if let format = TreeFormat.ofFile(files.path(of: entry.name)) {
                    found.append((entry.name, format))
                }
            }
        }
        return found
    }

    /// A file with a standing name that does not begin as a model does: damaged, or another's.
    static func damaged(_ files: ModelFiles) -> String? {
        guard files.entry("MLmodel") == nil else { return nil }
        return names.first { files.entry($0).map { !$0.isDirectory } ?? false }
    }
}
