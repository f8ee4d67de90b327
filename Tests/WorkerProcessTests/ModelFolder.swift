import BuiltinEngine
import EngineInterface
import Glibc
import ServingCore
import Synchronization

/// Temporary version directories with built-in models, removed with this object.
final class ModelFolder: Sendable {
    private let path: String
    private let count = Mutex(0)

    init() throws {
        var template = Array("/tmp/slipway-worker-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else {
            throw ServingError(.fileUnreadable, "no temporary directory")
        }
        path = String(cString: made)
    }

    /// Makes a version directory with that description; without the file for nil.
    func source(_ text: String?, worker: WorkerSettings = .standard) throws -> ModelSource {
        let number = count.withLock { count in
            count += 1
            return count
        }
        let directory = "\(path)/\(number)"
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
            files: try ModelFiles.list(directory), entry: BuiltinEngine.entry, worker: worker)
    }

    deinit {
        for number in 0..<count.withLock({ $0 }) + 1 {
            unlink("\(path)/\(number)/\(BuiltinEngine.entry)")
            rmdir("\(path)/\(number)")
        }
        rmdir(path)
    }
}
