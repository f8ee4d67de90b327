import EngineDocuments
import EngineInterface
import Glibc
import Inference
import ServingCore
import Tensors
import TreeEngine

/// The models of `Tests/Fixtures/trees`, with the libraries' own answers, and temporary models.
enum Fixture {
    static let root = String(
        #filePath.split(separator: "/").dropLast(3).reduce(into: "") { $0 += "/" + $1 })
    static let folder = root + "/Tests/Fixtures/trees"
    static let environment = EngineEnvironment(budget: CPUBudget(processors: 2))
    static let engine = TreeEngine()

    /// The files of the models, sorted.
    static let names: [String] = {
        let entries = (try? ModelFiles.list(folder).entries) ?? []
        return entries.map(\.name).filter { !$0.hasSuffix(".answers.json") }
    }()

    /// A model file of the folder.
    static func source(
        _ entry: String, in directory: String = folder,
        options: [String: EngineOptions.Value] = [:]
    ) throws -> ModelSource {
        ModelSource(
            identity: ModelIdentity(try ModelName("fixture"), ModelVersion(1)),
            files: try ModelFiles.list(directory), entry: entry,
            options: EngineOptions(options))
    }

    /// Loads a model, lends it to `body` and unloads it.
    static func withModel<Result>(
        _ entry: String, in directory: String = folder,
        options: [String: EngineOptions.Value] = [:],
        _ body: (any LoadedModel, ModelSignature) throws -> Result
    ) throws -> Result {
        let model = try engine.load(
            source(entry, in: directory, options: options), environment)
        defer { model.unload() }
        return try body(model, model.declaration.signatures[0])
    }

    /// Loads bytes as a model of that name.
    static func load(
        _ bytes: [UInt8], as name: String, options: [String: EngineOptions.Value] = [:]
    ) throws -> any LoadedModel {
        let directory = try TemporaryDirectory()
        try directory.write(name, bytes)
        return try engine.load(source(name, in: directory.path, options: options), environment)
    }

    /// The bytes of a file of the folder.
    static func bytes(_ name: String) throws -> [UInt8] {
        let content = try FileContent(folder + "/" + name)
        return Array(content.bytes)
    }

    /// The rows and answers of a model.
    static func answers(_ name: String) throws -> Answers {
        let stem = name[..<(name.lastIndex(of: ".") ?? name.endIndex)]
        let bytes = try bytes(stem + ".answers.json")
        return try bytes.withUnsafeBytes { Answers(try DocumentValue(json: $0)) }
    }
}

/// What a library gave for some rows.
struct Answers {
    let rows: [[Double]]
    private let document: DocumentValue

    init(_ document: DocumentValue) {
        self.document = document
        rows = (document["rows"]?.array ?? []).map { row in
            (row.array ?? []).map { $0.double ?? .nan }
        }
    }

    /// The numbers of an answer, in row-major order; nil when there is none.
    func values(_ name: String) -> [Double]? {
        document[name].map { value in
            var flat: [Double] = []
            Self.flatten(value, into: &flat)
            return flat
        }
    }

    private static func flatten(_ value: DocumentValue, into flat: inout [Double]) {
        if let elements = value.array {
            for element in elements { flatten(element, into: &flat) }
        } else {
            flat.append(value.double ?? .nan)
        }
    }

    /// The rows as a tensor.
    func input(_ type: ElementType) throws -> Tensor {
        let shape = try Shape([rows.count, rows.first?.count ?? 0])
        let flat = rows.flatMap { $0 }
        return type == .float32
            ? try Tensor(type, shape, values: flat.map { Float($0) })
            : try Tensor(type, shape, values: flat)
    }
}

extension Tensor {
    /// The numbers of any type that models give.
    var numbers: [Double] {
        switch elementType {
        case .float32: values(as: Float.self).map { Double($0) }
        case .float64: values(as: Double.self)
        case .int32: values(as: Int32.self).map { Double($0) }
        default: values(as: Int64.self).map { Double($0) }
        }
    }
}

/// A directory that is removed with everything in it.
final class TemporaryDirectory {
    let path: String

    init() throws {
        var template = Array("/tmp/slipway-trees-XXXXXX".utf8CString)
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
