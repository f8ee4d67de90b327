import EngineDocuments
import EngineInterface
import ServingCore

/// What an MLflow model needs around it, from the files that lie beside `MLmodel`.
struct MLflowRequirements: Equatable, Sendable {
    /// A requirements file in the directory, which holds the lines; nil when they are in `lines`.
    var file: String?
    /// Requirements as pip takes them.
    var lines: [String] = []
    /// The version of Python that it was saved with.
    var pythonVersion: String?

    /// Largest environment file.
    static let bytesMaximum = 1 << 20

    /// Finds them: `requirements.txt` as MLflow 2 and 3 write it, else what `python_env.yaml` lists, else
    /// the pip section of `conda.yaml`.
    ///
    /// - Throws: `model_invalid` for a file that cannot be read as YAML, or a conda environment
    ///   that has no pip section.
    init(_ files: ModelFiles, _ model: MLmodel) throws(ServingError) {
        pythonVersion = model.pythonVersion
        for name in model.environmentFiles where files.entry(name) != nil {
            let path = files.path(of: name)
            let bytes = try SmallFile.read(path, maximum: Self.bytesMaximum)
            do throws(ServingError) {
                try take(YAMLValue(yaml: bytes))
            } catch {
                throw error.inContext(path)
            }
            if !lines.isEmpty { break }
        }
        if files.entry("requirements.txt") != nil {
            file = "requirements.txt"
            lines = []
        }
    }

    private mutating func take(_ document: YAMLValue) throws(ServingError) {
        if let version = document["python"]?.scalarText { pythonVersion = version }
        for item in document["dependencies"]?.sequence ?? [] {
            if let text = item.text {
                try take(dependency: text, isConda: document["channels"] != nil)
            } else if let nested = item["pip"]?.sequence {
                lines += nested.compactMap(\.scalarText)
            }
        }
    }

    /// A line of `dependencies:`. Of conda's, `python=3.11.7` is the version of Python; pip itself
    /// is always there; anything else is a conda package, which pip cannot install.
    private mutating func take(dependency text: String, isConda: Bool) throws(ServingError) {
        guard isConda else {
            lines.append(text)
            return
        }
        let name = text.prefix { $0.isLetter || $0.isNumber || $0 == "-" || $0 == "_" || $0 == "." }
        switch name {
        case "python":
            let version = text.dropFirst(6).drop { "=<>~! ".contains($0) }
            if !version.isEmpty { pythonVersion = version.prefix { $0 != "=" && $0 != "," }.description }
        case "pip", "setuptools", "wheel": break
        default:
            throw ServingError(
                .modelInvalid,
                "'\(text.clipped())' is a conda package, which pip cannot install; make the conda "
                    + "environment yourself and name it with the option 'environment'")
        }
    }
}
