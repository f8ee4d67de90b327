import EngineInterface
import Foundation
import Inference
import ServingCore
import TensorFlowEngine
import Tensors

/// The models of `Tests/Fixtures/tensorflow`, and temporary copies of them.
///
/// They need TensorFlow's library: `scripts/fetch-deps tensorflow` puts it where it is looked for.
enum Fixture {
    /// The package's directory, found from this file.
    static let root = String(
        #filePath.split(separator: "/").dropLast(3).reduce(into: "") { $0 += "/" + $1 })
    static let models = root + "/Tests/Fixtures/tensorflow"

    /// Two processors, and the checkout's own copy of the library.
    static let environment = EngineEnvironment(
        budget: CPUBudget(processors: 2),
        libraryDirectories: [root + "/.deps/tensorflow/2.21.0/lib"])

    static let engine = TensorFlowEngine()

    /// A model by the name of its folder.
    static func source(_ name: String, options: [String: EngineOptions.Value] = [:])
        throws -> ModelSource
    {
        try source(directory: "\(models)/\(name)/1", options: options)
    }

    /// A version directory, listed as it is.
    static func source(
        directory: String, entry: String = "saved_model.pb",
        options: [String: EngineOptions.Value] = [:]
    ) throws -> ModelSource {
        ModelSource(
            identity: ModelIdentity(try ModelName("fixture"), ModelVersion(1)),
            files: try ModelFiles.list(directory), entry: entry, options: EngineOptions(options))
    }

    /// Loads a model, lends it to `body` and unloads it.
    static func withModel<Result>(
        _ source: ModelSource, _ body: (any LoadedModel) throws -> Result
    ) throws -> Result {
        let model = try engine.load(source, environment)
        defer { model.unload() }
        return try body(model)
    }

    /// Runs a signature on named inputs, for all outputs.
    static func run(_ model: any LoadedModel, _ name: String, _ inputs: [NamedTensor]) throws
        -> [NamedTensor]
    {
        guard let signature = model.declaration.signatures.first(where: { $0.name == name }) else {
            throw ServingError(.invalidRequest, "no signature '\(name)'")
        }
        let outputs = try model.run(
            signature: signature, inputs: try signature.bind(inputs),
            outputIndices: Array(signature.outputs.indices), cancellation: RunCancellation())
        return zip(signature.outputs, outputs).map { NamedTensor($0.name, $1) }
    }

    /// The error of a load that must fail.
    static func loadError(_ source: ModelSource) throws -> ServingError {
        do {
            let model = try engine.load(source, environment)
            model.unload()
        } catch {
            return error
        }
        throw ServingError(.internalError, "\(source.entryPath) loads")
    }
}

/// A directory that is removed with everything in it.
final class TemporaryDirectory {
    let url: URL
    var path: String { url.path }

    init() throws {
        let unique = "slipway-tensorflow-\(getpid())-\(UInt64.random(in: 0 ... .max))"
        url = FileManager.default.temporaryDirectory.appendingPathComponent(unique)
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    /// A copy of a model's version directory, to be spoiled.
    init(copyOf name: String) throws {
        let copy = try TemporaryDirectory()
        url = copy.url.appendingPathExtension("copy")
        try FileManager.default.copyItem(
            at: URL(fileURLWithPath: "\(Fixture.models)/\(name)/1"), to: url)
    }

    func write(_ name: String, _ bytes: [UInt8]) throws {
        let file = url.appendingPathComponent(name)
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(bytes).write(to: file)
    }

    func read(_ name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: url.appendingPathComponent(name)))
    }

    func remove(_ name: String) throws {
        try FileManager.default.removeItem(at: url.appendingPathComponent(name))
    }

    func source(options: [String: EngineOptions.Value] = [:]) throws -> ModelSource {
        try Fixture.source(directory: path, options: options)
    }

    deinit {
        try? FileManager.default.removeItem(at: url)
    }
}
