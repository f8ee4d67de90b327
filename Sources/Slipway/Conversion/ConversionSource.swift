import EngineInterface
import Glibc
import ServingCore

/// The file or SavedModel directory that is converted.
struct ConversionSource: Sendable {
    /// Its absolute path.
    let path: String
    /// The last part of the path.
    let name: String
    let isDirectory: Bool
    /// A ZIP file of `torch.export`.
    let isExportedProgram: Bool
    /// A ZIP file of TorchScript.
    let isScript: Bool

    /// Finds what to convert: a file, a SavedModel, or a directory with one of them.
    ///
    /// - Throws: `file_unreadable`; `model_invalid` when it is not clear which file is meant.
    init(_ given: String) throws(ServingError) {
        let files = try LocalFiles.list(given)
        if files.entry("saved_model.pb") != nil {
            self.init(path: files.directory, isDirectory: true)
            return
        }
        let candidates = files.entries.filter { entry in
            entry.isDirectory
                ? files.entry(entry.name + "/saved_model.pb") != nil
                : Self.suffixes.contains { entry.name.hasSuffix($0) } && !entry.name.contains("/")
        }
        guard let only = candidates.first, candidates.count == 1 else {
            let names = candidates.map { "'\($0.name)'" }.joined(separator: ", ")
            throw ServingError(
                .modelInvalid,
                candidates.isEmpty
                    ? "there is nothing in \(files.directory) that can be converted; give a "
                        + "model's file, or the directory of a SavedModel"
                    : "it is not clear what to convert in \(files.directory): \(names); give "
                        + "the file itself")
        }
        self.init(path: files.path(of: only.name), isDirectory: only.isDirectory)
    }

    private init(path: String, isDirectory: Bool) {
        self.path = path
        self.isDirectory = isDirectory
        name = path.split(separator: "/").last.map(String.init) ?? path
        let names = isDirectory ? "" : Self.tail(of: path)
        // The central directory of a ZIP file, with the names of its members, lies at its end.
        isExportedProgram =
            names.contains("serialized_exported_program.json")
            || names.contains("models/model.json")
        isScript = names.contains("/constants.pkl")
    }

    private static let suffixes = [
        ".pkl", ".pickle", ".joblib", ".skops", ".json", ".ubj", ".xgb", ".txt", ".lgb", ".cbm",
        ".keras", ".h5", ".onnx", ".pt", ".pth", ".pt2", ".torchscript",
    ]

    /// The last bytes of a file as text; bytes that are no UTF-8 are replaced.
    private static func tail(of path: String) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        let size = lseek(descriptor, 0, SEEK_END)
        var bytes = [UInt8](repeating: 0, count: 256 << 10)
        let start = max(0, Int(size) - bytes.count)
        let count = bytes.withUnsafeMutableBytes {
            pread(descriptor, $0.baseAddress, $0.count, start)
        }
        return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    }
}
