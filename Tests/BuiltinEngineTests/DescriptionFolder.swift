import BuiltinEngine
import EngineInterface
import Glibc
import ServingCore

/// Temporary version directories with built-in models, removed with this object.
final class DescriptionFolder {
    private let path: String
    private var count = 0

    init() throws {
        var template = Array("/tmp/slipway-builtin-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else {
            throw ServingError(.fileUnreadable, "no temporary directory")
        }
        path = String(cString: made)
    }

    /// Makes a version directory with that description; without the file for nil.
    func source(_ text: String?, options: [String: EngineOptions.Value] = [:]) throws
        -> ModelSource
    {
        count += 1
        let directory = "\(path)/\(count)"
        mkdir(directory, 0o755)
        if let text {
            guard let file = fopen(directory + "/" + BuiltinEngine.entry, "w") else {
                throw ServingError(.fileUnreadable, "cannot write \(directory)")
            }
            fputs(text, file)
            fclose(file)
        }
        return ModelSource(
            identity: ModelIdentity(try ModelName("builtin"), ModelVersion(1)),
            files: try ModelFiles.list(directory), entry: BuiltinEngine.entry,
            options: EngineOptions(options))
    }

    deinit {
        for number in 0..<count + 1 {
            unlink("\(path)/\(number)/\(BuiltinEngine.entry)")
            rmdir("\(path)/\(number)")
        }
        rmdir(path)
    }
}
