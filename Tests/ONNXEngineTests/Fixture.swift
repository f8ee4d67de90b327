import EngineConformance
import EngineInterface
import Glibc
import Inference
import ONNXEngine
import ServingCore
import Tensors

/// The models of `Tests/Fixtures/models`, and temporary copies of them.
enum Fixture {
    /// The package's directory, found from this file.
    static let root = String(
        #filePath.split(separator: "/").dropLast(3).reduce(into: "") { $0 += "/" + $1 })
    private static let models = root + "/Tests/Fixtures/models"

    /// Two processors, and the checkout's own copy of the library.
    static let environment = EngineEnvironment(
        budget: CPUBudget(processors: 2),
        libraryDirectories: [root + "/.deps/onnxruntime/1.31.1/lib"])

    static let engine = ONNXEngine()

    /// A model by its file's name without `.onnx`.
    static func source(_ name: String, options: [String: EngineOptions.Value] = [:])
        -> ModelSource
    {
        let entry = name + ".onnx"
        var status = stat()
        let size = stat(models + "/" + entry, &status) == 0 ? Int(status.st_size) : 0
        return source(
            in: models, entry, [.init(name: entry, byteCount: size, isDirectory: false)],
            options: options)
    }

    /// A version directory, listed as it is.
    static func source(directory: String, entry: String = "model.onnx") throws -> ModelSource {
        source(in: directory, entry, try ModelFiles.list(directory).entries)
    }

    /// The directory of the model whose weights are in a file of their own.
    static let externalData = models + "/external_data"

    private static func source(
        in directory: String, _ entry: String, _ entries: [ModelFiles.Entry],
        options: [String: EngineOptions.Value] = [:]
    ) -> ModelSource {
        guard let name = try? ModelName("fixture") else { fatalError("the name is right") }
        return ModelSource(
            identity: ModelIdentity(name, ModelVersion(1)),
            files: ModelFiles(directory: directory, entries: entries), entry: entry,
            options: EngineOptions(options))
    }

    /// Loads a model, lends it to `body` and unloads it.
    static func withModel<Result>(
        _ name: String, options: [String: EngineOptions.Value] = [:],
        _ body: (any LoadedModel, ModelSignature) throws -> Result
    ) throws -> Result {
        let model = try engine.load(source(name, options: options), environment)
        defer { model.unload() }
        return try body(model, model.declaration.signatures[0])
    }

    /// Loads a model and runs it once with all outputs.
    static func run(
        _ name: String, _ inputs: [Tensor], options: [String: EngineOptions.Value] = [:]
    ) throws -> [Tensor] {
        try withModel(name, options: options) { model, signature in
            try model.run(
                signature: signature, inputs: inputs,
                outputIndices: Array(signature.outputs.indices), cancellation: RunCancellation())
        }
    }

    /// The bytes of a file.
    static func bytes(_ path: String) throws -> [UInt8] {
        guard let file = fopen(path, "r") else {
            throw ServingError(.fileUnreadable, "cannot read \(path)")
        }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        let count = fread(&bytes, 1, bytes.count, file)
        return Array(bytes.prefix(count))
    }

    /// The bytes of a model by its file's name without `.onnx`.
    static func bytes(of name: String) throws -> [UInt8] { try bytes("\(models)/\(name).onnx") }

    /// A tensor of numbers.
    static func tensor<Element: BitwiseCopyable>(
        _ type: ElementType, _ dimensions: [Int], _ values: [Element]
    ) throws -> Tensor {
        try Tensor(type, Shape(dimensions), values: values)
    }
}

/// A directory that is removed with everything in it.
final class TemporaryDirectory {
    let path: String

    init() throws {
        var template = Array("/tmp/slipway-onnx-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else {
            throw ServingError(.fileUnreadable, "no temporary directory")
        }
        path = String(cString: made)
    }

    /// Writes a file.
    func write(_ name: String, _ bytes: [UInt8]) throws {
        guard let file = fopen(path + "/" + name, "w") else {
            throw ServingError(.fileUnreadable, "cannot write \(path)/\(name)")
        }
        fwrite(bytes, 1, bytes.count, file)
        fclose(file)
    }

    deinit {
        if let entries = try? ModelFiles.list(path).entries {
            for entry in entries { unlink(path + "/" + entry.name) }
        }
        rmdir(path)
    }
}
