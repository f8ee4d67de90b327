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
    /// - Throws: `model_invalid` for a name outside the version directory or of no file there;
    ///   otherwise as reading a file.
    func weights() throws(ServingError) -> [(name: String, content: FileContent)] {
        let folder = source.entry.lastIndex(of: "/").map { String(source.entry[...$0]) } ?? ""
        var result: [(name: String, content: FileContent)] = []
        for name in file.weightFiles {
            let parts = name.split(separator: "/").filter { $0 != "." }
            guard !parts.isEmpty, !name.hasPrefix("/"), !parts.contains("..") else {
                throw ServingError(
                    .modelInvalid,
                    "its weights lie in '\(name.clipped())', outside the version directory; put "
                        + "them beside the model file")
            }
            let entry = folder + parts.joined(separator: "/")
            guard source.files.entry(entry) != nil else {
                throw ServingError(
                    .modelInvalid,
                    "its weights lie in '\(name.clipped())', and there is no such file beside the "
                        + "model file; copy it there")
            }
            result.append((name, try FileContent(source.files.path(of: entry))))
        }
        return result
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
