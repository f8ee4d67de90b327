import EngineConformance
import EngineDocuments
import EngineInterface
import Glibc
import Inference
import ServingCore
import Tensors
import TorchEngine

/// The models of `Tests/Fixtures/torch`, with PyTorch's answers, and temporary copies of them.
enum Fixture {
    /// The package's directory, found from this file.
    static let root = String(
        #filePath.split(separator: "/").dropLast(3).reduce(into: "") { $0 += "/" + $1 })
    private static let models = root + "/Tests/Fixtures/torch"

    /// Two processors, and the checkout's own copy of the library.
    static let environment = EngineEnvironment(
        budget: CPUBudget(processors: 2),
        libraryDirectories: [root + "/.deps/torch/2.13.0/lib"])

    static let engine = TorchEngine()

    /// The directory of a model.
    static func directory(_ name: String) -> String { models + "/" + name }

    /// A model by its directory's name.
    static func source(
        _ name: String, entry: String = "model.pt", options: [String: EngineOptions.Value] = [:]
    ) throws -> ModelSource {
        try source(directory: directory(name), entry: entry, options: options)
    }

    /// A model that does not load, by its file's name.
    static func bad(_ file: String) throws -> ModelSource { try source("bad", entry: file) }

    /// A version directory, listed as it is.
    static func source(
        directory: String, entry: String = "model.pt",
        options: [String: EngineOptions.Value] = [:]
    ) throws -> ModelSource {
        ModelSource(
            identity: ModelIdentity(try ModelName("fixture"), ModelVersion(1)),
            files: try ModelFiles.list(directory), entry: entry, options: EngineOptions(options))
    }

    /// A copy of a model's file with other notes.
    static func copy(of name: String, notes: String?) throws -> TemporaryDirectory {
        let copy = try TemporaryDirectory()
        try copy.write("model.pt", try bytes(directory(name) + "/model.pt"))
        if let notes { try copy.write("model.yaml", Array(notes.utf8)) }
        return copy
    }

    /// Loads a model, lends it to `body` and unloads it.
    static func withModel<Result>(
        _ source: ModelSource, _ body: (any LoadedModel, ModelSignature) throws -> Result
    ) throws -> Result {
        let model = try engine.load(source, environment)
        defer { model.unload() }
        return try body(model, model.declaration.signatures[0])
    }

    /// Runs once with all outputs.
    static func run(_ model: any LoadedModel, _ signature: ModelSignature, _ inputs: [Tensor])
        throws -> [Tensor]
    {
        try model.run(
            signature: signature, inputs: inputs, outputIndices: Array(signature.outputs.indices),
            cancellation: RunCancellation())
    }

    /// The inputs, or outputs, that PyTorch's answers were noted for, in the signature's order.
    static func answers(_ name: String, _ side: String, _ specifications: [TensorSpecification])
        throws -> [Tensor]
    {
        let text = try bytes(directory(name) + "/answers.json")
        let document = try DocumentValue(json: String(decoding: text, as: UTF8.self))
        return try specifications.map { specification in
            guard let value = document[side]?[specification.name] else {
                throw ServingError(.fileUnreadable, "\(name): no \(side) '\(specification.name)'")
            }
            return try tensor(value)
        }
    }

    /// The bytes of a file.
    static func bytes(_ path: String) throws -> [UInt8] {
        guard let file = fopen(path, "r") else {
            throw ServingError(.fileUnreadable, "cannot read \(path)")
        }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        let count = fread(&bytes, 1, bytes.count, file)
        return Array(bytes.prefix(count))
    }

    /// A tensor of numbers.
    static func tensor<Element: BitwiseCopyable>(
        _ type: ElementType, _ dimensions: [Int], _ values: [Element]
    ) throws -> Tensor {
        try Tensor(type, Shape(dimensions), values: values)
    }

    private static func tensor(_ value: DocumentValue) throws -> Tensor {
        let shape = try Shape((value["shape"]?.array ?? []).compactMap(\.integer))
        let data = value["data"]?.array ?? []
        let numbers = data.compactMap(\.double)
        let type = value["type"]?.string.flatMap { ElementType(openInferenceName: $0) }
        switch type {
        case .float32: return try Tensor(.float32, shape, values: numbers.map { Float($0) })
        case .float64: return try Tensor(.float64, shape, values: numbers)
        case .float16: return try Tensor(.float16, shape, values: numbers.map { half($0) })
        case .int64:
            return try Tensor(.int64, shape, values: data.compactMap(\.integer).map { Int64($0) })
        case .bool:
            return try Tensor(
                .bool, shape, values: data.compactMap(\.boolean).map { UInt8($0 ? 1 : 0) })
        case .bytes:
            var builder = BytesTensorBuilder()
            for text in data.compactMap(\.string) { try builder.append(text) }
            return try builder.finish(shape: shape)
        default: throw ServingError(.fileUnreadable, "a type that fixtures do not have")
        }
    }

    /// The bits of a normal binary16 number or zero, which the fixtures hold exactly.
    private static func half(_ value: Double) -> UInt16 {
        guard value != 0 else { return 0 }
        let bits = Float(value).bitPattern
        let exponent = Int32(bits >> 23 & 0xFF) - 127 + 15
        guard exponent > 0 else { return 0 }
        return UInt16(bits >> 16 & 0x8000) | UInt16(exponent << 10) | UInt16(bits >> 13 & 0x3FF)
    }
}

/// A directory that is removed with everything in it.
final class TemporaryDirectory: Sendable {
    let path: String

    init() throws {
        var template = Array("/tmp/slipway-torch-XXXXXX".utf8CString)
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
