import EngineDocuments
import EngineInterface
import ServingCore

/// A model's bytes in memory, weights outside the model file included: what is checked is what is
/// loaded, and a file that is replaced or cut meanwhile can neither mix two models nor crash.
struct ModelContent {
    /// The model file.
    let model: FileContent
    /// What it says.
    let file: ONNXFile
    private let source: ModelSource

    /// Reads and looks through the model file.
    ///
    /// - Throws: `file_unreadable`, `resource_exhausted`, or `model_invalid` that says what the file
    ///   is instead of an ONNX model.
    init(_ source: ModelSource) throws(ServingError) {
        self.source = source
        model = try FileContent(source.entryPath)
        do throws(ProtobufDamage) {
            file = try ONNXFile(model.bytes)
        } catch {
            throw Self.notAModel(source.entryPath, model, error)
        }
        guard file.hasGraph else { throw Self.notAModel(source.entryPath, model, .notProtobuf) }
    }

    /// Reads the weight files that the model names, in its order.
    ///
    /// - Throws: as `weightEntries`, and as reading a file.
    func weights() throws(ServingError) -> [(name: String, content: FileContent)] {
        var result: [(name: String, content: FileContent)] = []
        for (name, entry) in try weightEntries() {
            result.append((name, try FileContent(source.files.path(of: entry.name))))
        }
        return result
    }

    /// The weight files in the version directory, by the names that the model has for them.
    ///
    /// - Throws: `model_invalid` for a name outside the version directory or of no file there.
    func weightEntries() throws(ServingError) -> [(name: String, entry: ModelFiles.Entry)] {
        let folder = source.entry.lastIndex(of: "/").map { String(source.entry[...$0]) } ?? ""
        var result: [(name: String, entry: ModelFiles.Entry)] = []
        for name in file.weightFiles {
            let parts = name.split(separator: "/").filter { $0 != "." }
            guard !parts.isEmpty, !name.hasPrefix("/"), !parts.contains("..") else {
                throw invalid(name, "outside the version directory; put them beside the model file")
            }
            guard let entry = source.files.entry(folder + parts.joined(separator: "/")) else {
                throw invalid(
                    name, "and there is no such file beside the model file; copy it there")
            }
            result.append((name, entry))
        }
        return result
    }

    private func invalid(_ name: String, _ reason: String) -> ServingError {
        ServingError(
            .modelInvalid, "\(source.entryPath): its weights lie in '\(name.clipped())', \(reason)")
    }

    private static func notAModel(_ path: String, _ model: FileContent, _ damage: ProtobufDamage)
        -> ServingError
    {
        let bytes = model.bytes
        if bytes.isEmpty { return invalid(path, "it is empty; copy it again") }
        if let kind = ModelFileKind.describe(bytes) { return invalid(path, "it is \(kind)") }
        switch damage {
        case .cutShort(let missing):
            return invalid(
                path,
                "it is cut short: a part of it needs \(missing) more bytes than the "
                    + "\(bytes.count) that there are; copy it again")
        case .notProtobuf:
            return invalid(path, "its content is no ONNX graph; export or copy it again")
        }
    }

    private static func invalid(_ path: String, _ reason: String) -> ServingError {
        ServingError(.modelInvalid, "\(path) is not an ONNX model: \(reason)")
    }
}

extension ONNXFile {
    /// What the file says of itself, then the versions that it is written in.
    var allProperties: [(key: String, value: String)] {
        let sets = operatorSets.map { "\($0.domain) \($0.version)" }.joined(separator: ", ")
        return properties + [
            (key: "operator_sets", value: sets), (key: "ir_version", value: "\(formatVersion)"),
        ]
    }
}
