import EngineInterface
import Glibc
import Inference
import PythonEngine
import ServingCore
import Tensors

/// Version directories with a `model.py`, made for the occasion, and what runs them.
enum PythonModels {
    /// The package's directory, found from this file.
    static let root = String(
        #filePath.split(separator: "/").dropLast(3).reduce(into: "") { $0 += "/" + $1 })

    static let environment = EngineEnvironment(budget: CPUBudget(processors: 2))

    /// The engine, with a cache of the checkout's own: set before the first load and never again.
    static let engine: PythonEngine = {
        setenv("SLIPWAY_CACHE", root + "/.build/test-cache", 1)
        return PythonEngine()
    }()

    /// The options that let a model's code run in the tests' own environment.
    static let allowing: [String: EngineOptions.Value] = [
        "allow_code": .boolean(true), "environment": .text(root + "/.deps/venv"),
    ]

    /// A version directory as it is.
    static func source(
        _ directory: TemporaryDirectory, entry: String = "model.py",
        options: [String: EngineOptions.Value] = allowing
    ) throws -> ModelSource {
        ModelSource(
            identity: ModelIdentity(try ModelName("python"), ModelVersion(1)),
            files: try ModelFiles.list(directory.path), entry: entry,
            options: EngineOptions(options))
    }

    /// A directory with this `model.py`.
    static func directory(_ program: String) throws -> TemporaryDirectory {
        let directory = try TemporaryDirectory()
        try directory.write("model.py", Array(program.utf8))
        return directory
    }

    /// Loads a `model.py`, lends it to `body` and unloads it.
    static func withModel<Result>(
        _ program: String, options: [String: EngineOptions.Value] = allowing,
        _ body: (any LoadedModel) throws -> Result
    ) throws -> Result {
        let directory = try directory(program)
        let model = try engine.load(source(directory, options: options), environment)
        defer {
            model.unload()
            withExtendedLifetime(directory) {}
        }
        return try body(model)
    }

    /// Gives its one input back.
    static func identity(_ type: String) -> String {
        """
        class Model:
            concurrency = 4
            inputs = [("x", "\(type)", [None, None])]
            outputs = [("y", "\(type)", [None, None])]
            def predict(self, inputs):
                return {"y": inputs["x"]}
        """
    }
}

/// A directory that is removed with everything in it.
final class TemporaryDirectory: Sendable {
    let path: String

    init() throws {
        var template = Array("/tmp/slipway-python-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else {
            throw ServingError(.fileUnreadable, "no temporary directory")
        }
        path = String(cString: made)
    }

    /// Writes a file; directories in its name are made.
    func write(_ name: String, _ bytes: [UInt8]) throws {
        var above = path
        for part in name.split(separator: "/").dropLast() {
            above += "/" + part
            mkdir(above, 0o700)
        }
        guard let file = fopen(path + "/" + name, "w") else {
            throw ServingError(.fileUnreadable, "cannot write \(path)/\(name)")
        }
        fwrite(bytes, 1, bytes.count, file)
        fclose(file)
    }

    /// Whether something of that name is in it.
    func has(_ name: String) -> Bool { access(path + "/" + name, F_OK) == 0 }

    deinit {
        let entries = (try? ModelFiles.list(path).entries) ?? []
        for entry in entries.reversed() {
            let item = path + "/" + entry.name
            if entry.isDirectory { rmdir(item) } else { unlink(item) }
        }
        rmdir(path)
    }
}
