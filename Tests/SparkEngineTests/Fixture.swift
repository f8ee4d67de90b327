import EngineDocuments
import EngineInterface
import Glibc
import Inference
import ServingCore
import Tensors

@testable import SparkEngine

/// The pipelines of `Tests/Fixtures/spark`, and what Spark made of some rows.
enum Fixture {
    /// The package's directory, found from this file.
    static let root = String(
        #filePath.split(separator: "/").dropLast(3).reduce(into: "") { $0 += "/" + $1 })
    static let folder = root + "/Tests/Fixtures/spark"
    static let environment = EngineEnvironment(budget: CPUBudget(processors: 2))
    static let engine = SparkEngine()

    /// The pipelines that have recorded answers, those of Spark 3 with its folder.
    static let recorded: [String] = ["", "spark3/"].flatMap { prefix in
        names(in: folder + "/" + prefix).filter { $0.hasSuffix(".json") }
            .map { prefix + $0.dropLast(5) }
    }.sorted()

    /// What is in a directory.
    static func names(in directory: String) -> [String] {
        guard let stream = opendir(directory) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let item = readdir(stream) {
            names.append(
                withUnsafeBytes(of: &item.pointee.d_name) { bytes in
                    String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
                })
        }
        return names
    }

    /// A version directory, listed as it is.
    static func source(
        _ directory: String, entry: String = ".", options: [String: EngineOptions.Value] = [:]
    ) throws -> ModelSource {
        ModelSource(
            identity: ModelIdentity(try ModelName("fixture"), ModelVersion(1)),
            files: try ModelFiles.list(directory), entry: entry, options: EngineOptions(options))
    }

    /// A pipeline of the fixtures.
    static func pipeline(_ name: String, options: [String: EngineOptions.Value] = [:]) throws
        -> ModelSource
    {
        try source(folder + "/" + name, options: options)
    }

    static func load(_ source: ModelSource) throws -> any LoadedModel {
        try engine.load(source, environment)
    }

    /// Runs a model once with all outputs.
    static func run(_ model: any LoadedModel, _ inputs: [Tensor]) throws -> [Tensor] {
        let signature = model.declaration.signatures[0]
        return try model.run(
            signature: signature, inputs: inputs,
            outputIndices: Array(signature.outputs.indices), cancellation: RunCancellation())
    }

    /// The bytes of a file.
    static func bytes(_ path: String) throws -> [UInt8] {
        let content = try FileContent(path)
        defer { withExtendedLifetime(content) {} }
        return [UInt8](content.bytes)
    }

    /// All files of a pipeline in memory, by their names in it.
    static func contents(_ name: String) throws -> [String: [UInt8]] {
        let source = try pipeline(name)
        var contents: [String: [UInt8]] = [:]
        for entry in source.files.entries where !entry.isDirectory {
            contents[entry.name] = try bytes(source.files.path(of: entry.name))
        }
        return contents
    }

    /// A tensor of a column's recorded values: numbers, vectors or texts.
    static func tensor(_ values: [DocumentValue], rows: Range<Int>) throws -> Tensor {
        let values = Array(values[rows])
        if values.first?.string != nil {
            var builder = BytesTensorBuilder()
            for value in values { try builder.append(value.string ?? "") }
            return try builder.finish(shape: try Shape([values.count]))
        }
        if let width = values.first?.array?.count {
            let numbers = values.flatMap { $0.array ?? [] }.compactMap(\.double)
            return try Tensor(.float64, try Shape([values.count, width]), values: numbers)
        }
        return try Tensor(
            .float64, try Shape([values.count]), values: values.compactMap(\.double))
    }
}

/// What Spark itself made of some rows.
struct Recording {
    let inputs: [String: [DocumentValue]]
    let outputs: [String: [DocumentValue]]

    init(_ name: String) throws {
        let bytes = try Fixture.bytes("\(Fixture.folder)/\(name).json")
        let document = try bytes.withUnsafeBytes {
            try DocumentValue(json: $0, allowsNonFinite: true)
        }
        func columns(_ key: String) -> [String: [DocumentValue]] {
            (document[key]?.object ?? [:]).compactMapValues(\.array)
        }
        (inputs, outputs) = (columns("inputs"), columns("outputs"))
    }

    var rowCount: Int { inputs.values.first?.count ?? 0 }
}

/// A directory that is removed with everything in it.
final class TemporaryDirectory {
    let path: String

    init() throws {
        var template = Array("/tmp/slipway-spark-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else {
            throw ServingError(.fileUnreadable, "no temporary directory")
        }
        path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        _ = made
    }

    /// Writes a file, with the directories above it.
    func write(_ name: String, _ bytes: [UInt8]) throws {
        var folder = path
        for part in name.split(separator: "/").dropLast() {
            folder += "/" + part
            mkdir(folder, 0o755)
        }
        guard let file = fopen(path + "/" + name, "w") else {
            throw ServingError(.fileUnreadable, "cannot write \(path)/\(name)")
        }
        fwrite(bytes, 1, bytes.count, file)
        fclose(file)
    }

    /// Writes a stage that learnt nothing, or the pipeline itself where the name is empty.
    func writeStage(_ name: String, _ metadata: String) throws {
        try write((name.isEmpty ? "" : name + "/") + "metadata/part-00000", Array(metadata.utf8))
    }

    deinit {
        if let entries = try? ModelFiles.list(path).entries {
            for entry in entries.reversed() {
                if entry.isDirectory {
                    rmdir(path + "/" + entry.name)
                } else {
                    unlink(path + "/" + entry.name)
                }
            }
        }
        rmdir(path)
    }
}
