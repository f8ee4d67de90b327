import EngineDocuments
import EngineInterface
import Glibc
import Inference
import MXNetEngine
import ServingCore
import Tensors

/// The models of `Tests/Fixtures/mxnet`, and temporary copies of them.
enum Fixture {
    /// The package's directory, found from this file.
    static let root = String(
        #filePath.split(separator: "/").dropLast(3).reduce(into: "") { $0 += "/" + $1 })
    static let models = root + "/Tests/Fixtures/mxnet"

    /// Two processors, and the checkout's own copy of the library.
    static let environment = EngineEnvironment(
        budget: CPUBudget(processors: 2),
        libraryDirectories: [root + "/.deps/mxnet/1.9.1/lib"])

    static let engine = MXNetEngine()

    /// A model by its folder's name.
    static func source(_ name: String, options: [String: EngineOptions.Value] = [:]) throws
        -> ModelSource
    {
        try source(directory: models + "/" + name, options: options)
    }

    /// A version directory, listed as it is, with the entry that the engine claims.
    static func source(directory: String, options: [String: EngineOptions.Value] = [:]) throws
        -> ModelSource
    {
        let files = try ModelFiles.list(directory)
        return ModelSource(
            identity: ModelIdentity(try ModelName("fixture"), ModelVersion(1)), files: files,
            entry: engine.recognise(files)?.entry ?? "nothing", options: EngineOptions(options))
    }

    /// The network that gives back its input, of any type and rank 2.
    static func identity(_ type: String) throws -> ModelSource {
        try source("identity", options: ["inputs": .mapping(["data": type + "[-1,-1]"])])
    }

    /// Loads a model, lends it to `body` and unloads it.
    static func withModel<Result>(
        _ source: ModelSource, _ body: (any LoadedModel, ModelSignature) throws -> Result
    ) throws -> Result {
        let model = try engine.load(source, environment)
        defer { model.unload() }
        return try body(model, model.declaration.signatures[0])
    }

    /// Runs a model with all outputs.
    static func run(_ model: any LoadedModel, _ inputs: [Tensor]) throws -> [Tensor] {
        let signature = model.declaration.signatures[0]
        return try model.run(
            signature: signature, inputs: inputs,
            outputIndices: Array(signature.outputs.indices), cancellation: RunCancellation())
    }

    /// The bytes of a file below the models' folder.
    static func bytes(_ name: String) throws -> [UInt8] {
        let content = try FileContent(models + "/" + name)
        return Array(content.bytes)
    }
}

/// A directory that is removed with everything in it.
final class TemporaryDirectory {
    let path: String

    /// Makes one with copies of files of a fixture.
    init(copying names: [String] = []) throws {
        var template = Array("/tmp/slipway-mxnet-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else {
            throw ServingError(.fileUnreadable, "no temporary directory")
        }
        path = String(cString: made)
        for name in names {
            let last = name.split(separator: "/").last.map(String.init) ?? name
            try write(last, Fixture.bytes(name))
        }
    }

    /// Writes a file.
    func write(_ name: String, _ bytes: [UInt8]) throws {
        guard let file = fopen(path + "/" + name, "w") else {
            throw ServingError(.fileUnreadable, "cannot write \(path)/\(name)")
        }
        fwrite(bytes, 1, bytes.count, file)
        fclose(file)
    }

    /// Writes a text.
    func write(_ name: String, _ text: String) throws { try write(name, Array(text.utf8)) }

    deinit {
        if let entries = try? ModelFiles.list(path).entries {
            for entry in entries { unlink(path + "/" + entry.name) }
        }
        rmdir(path)
    }
}
