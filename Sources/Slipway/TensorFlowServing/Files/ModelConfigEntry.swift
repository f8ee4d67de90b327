import Models
import ServingCore
import Wire

/// One `config` of the list while it is read.
struct ModelConfigEntry: Sendable {
    var name: ModelName?
    var basePath: String?
    var engine: String?
    var policy: VersionPolicy?
    var labels: [VersionLabel: ModelVersion] = [:]

    /// The model, once it has a name and a directory.
    var model: AspiredModel? {
        guard let name, let basePath else { return nil }
        return AspiredModel(
            name: name, baseDirectory: basePath, versionPolicy: policy ?? .latest(1),
            labels: labels, engine: engine)
    }

    static func table(engines: [String]) -> [FileField<ModelConfigEntry>] {
        [
            FileField("name") { value, path, context, root in
                root.name = context.modelName(value, path)
            },
            FileField("base_path") { value, path, context, root in
                root.basePath = context.basePath(value, path)
            },
            FileField("model_platform") { value, path, context, root in
                root.engine = context.engine(value, path, engines)
            },
            FileField("model_type") { value, path, context, _ in context.modelType(value, path) },
            FileField("model_version_policy") { value, path, context, root in
                root.policy = ModelVersionPolicyFields.read(value, path, &context)
            },
            FileField("version_labels", isRepeated: true) { value, path, context, root in
                context.readLabels(value, path, into: &root.labels)
            },
            .refused(
                "logging_config",
                "requests are not recorded; remove it, or log them where they are sent"),
        ]
    }
}

extension FileContext {
    fileprivate mutating func modelName(_ value: TextProtobufValue, _ path: String) -> ModelName? {
        guard let text = string(value) else {
            wrong(value, path, expected: "a model name in quotes")
            return nil
        }
        do throws(ServingError) { return try ModelName(text) } catch {
            self.error(value.position, "'\(path)': \(error.message)")
            return nil
        }
    }

    fileprivate mutating func basePath(_ value: TextProtobufValue, _ path: String) -> String? {
        guard let text = string(value), !text.isEmpty else {
            wrong(value, path, expected: "an absolute path in quotes")
            return nil
        }
        switch LocalPath.read(text) {
        case .path(let directory): return directory
        case .relative:
            error(
                value.position,
                "'\(path)' is \(value.shown), a relative path; TensorFlow Serving's files need "
                    + "absolute ones")
        case .scheme(let scheme):
            error(
                value.position,
                "'\(path)' is \(value.shown), but '\(scheme):' is not offered: models are in local "
                    + "directories; mount the files and write their path")
        }
        return nil
    }

    /// `tensorflow` stands in every file, whatever the model is: the engine is recognised then.
    fileprivate mutating func engine(
        _ value: TextProtobufValue, _ path: String, _ engines: [String]
    ) -> String? {
        guard let text = string(value) else {
            wrong(value, path, expected: "the name of a platform in quotes")
            return nil
        }
        if text.isEmpty || text == "tensorflow" { return nil }
        guard engines.contains(text) else {
            error(
                value.position,
                "there is no platform '\(text.clipped(to: 80))'"
                    + NearestName.hint(for: text, among: engines)
                    + " (tensorflow, which recognises the files, or an engine: "
                    + engines.joined(separator: ", ") + ")")
            return nil
        }
        return text
    }

    fileprivate mutating func modelType(_ value: TextProtobufValue, _ path: String) {
        let words = ["MODEL_TYPE_UNSPECIFIED", "TENSORFLOW", "OTHER", "0", "1", "2"]
        guard case .scalar(let scalar) = value, let text = scalar.text, words.contains(text) else {
            return wrong(value, path, expected: "TENSORFLOW; the field is deprecated")
        }
        if ["OTHER", "2"].contains(text) {
            error(
                value.position,
                "'\(path)' is OTHER, which names no platform; remove it and write model_platform")
        } else {
            warning(
                value.position,
                "'\(path)' is deprecated and has no effect: the engine is recognised from the files"
            )
        }
    }

    /// An entry `{ key: 'stable' value: 42 }`, or in YAML a mapping `{ stable: 42 }`.
    fileprivate mutating func readLabels(
        _ value: TextProtobufValue, _ path: String, into labels: inout [VersionLabel: ModelVersion]
    ) {
        guard case .message(let message) = value else {
            return wrong(value, path, expected: "an entry: { key: 'stable' value: 42 }")
        }
        let isEntry = message.fields.contains { $0.name == "key" }
        if notation == .yaml, !isEntry {
            for field in message.fields {
                addLabel(field.name, field.value, path, field.position, into: &labels)
            }
            return
        }
        var entry = LabelEntry()
        let before = problems.count
        readMessage(message, path, LabelEntry.table, &self, into: &entry)
        guard problems.count == before else { return }
        guard let key = entry.key, let version = entry.value else {
            return error(message.position, "'\(path)' needs both 'key' and 'value'")
        }
        addLabel(key, version, path, message.position, into: &labels)
    }

    private mutating func addLabel(
        _ key: String, _ value: TextProtobufValue, _ path: String,
        _ position: TextProtobufPosition, into labels: inout [VersionLabel: ModelVersion]
    ) {
        guard let number = integer(value, path, 0...Int.max) else { return }
        do throws(ServingError) {
            let label = try VersionLabel(key)
            guard labels.updateValue(ModelVersion(Int64(number)), forKey: label) == nil else {
                return self.error(position, "label '\(label)' is given twice; keep one of them")
            }
        } catch {
            self.error(position, "'\(path)': \(error.message)")
        }
    }
}

/// An entry of the map of labels.
private struct LabelEntry: Sendable {
    var key: String?
    var value: TextProtobufValue?

    static let table: [FileField<LabelEntry>] = [
        .string("key", \.key),
        FileField("value") { value, _, _, root in root.value = value },
    ]
}
