import Models
import ServingCore
import Wire

/// `--model_config_file`: TensorFlow Serving's list of models, as a wanted state.
///
/// Source of the format: `model_server_config.proto` and `file_system_storage_path_source.proto`
/// of TensorFlow Serving.
struct ModelServerConfig: Sendable {
    /// The models, with what the file says of them; everything else has its default.
    var models: [AspiredModel] = []
    private(set) var hasList = false

    /// Reads the bytes of a file.
    static func reading(
        _ bytes: [UInt8], file: String, engines: [String]
    ) -> FileReading<ModelServerConfig> {
        FileDocument.read(bytes, file: file, as: ModelServerConfig()) { message, context, root in
            let before = context.problems.count
            readMessage(message, "", table(engines: engines), &context, into: &root)
            if !root.hasList, context.problems.count == before {
                context.error(
                    nil,
                    "there is no 'model_config_list'; write "
                        + "model_config_list { config { name: 'm' base_path: '/models/m' } }")
            }
        }
    }

    private static func table(engines: [String]) -> [FileField<ModelServerConfig>] {
        let list = [
            FileField<ModelServerConfig>("config", isRepeated: true) {
                value, path, context, root in
                root.add(value, path, engines, &context)
            }
        ]
        return [
            FileField("model_config_list") { value, path, context, root in
                root.hasList = true
                readMessage(value, path, list, &context, into: &root)
            },
            .refused(
                "custom_model_config",
                "there are no sources of models but directories; use model_config_list"),
        ]
    }

    private mutating func add(
        _ value: TextProtobufValue, _ path: String, _ engines: [String],
        _ context: inout FileContext
    ) {
        let before = context.errorCount
        var entry = ModelConfigEntry()
        readMessage(value, path, ModelConfigEntry.table(engines: engines), &context, into: &entry)
        // One model's errors must not hide those of the next, but half a model is of no use.
        guard context.errorCount == before else { return }
        for (name, isMissing) in [
            ("name", entry.name == nil), ("base_path", entry.basePath == nil),
        ] where isMissing {
            context.error(value.position, "'\(path)' has no '\(name)'; every model needs one")
        }
        guard let model = entry.model else { return }
        guard !models.contains(where: { $0.name == model.name }) else {
            return context.error(
                value.position, "model '\(model.name)' is configured twice; names are unique")
        }
        models.append(model)
    }
}
