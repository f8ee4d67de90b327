import ServingCore
import Wire

/// `--platform_config_file`: settings of TensorFlow's own loaders, of which only how they batch has a
/// meaning here.
///
/// Source of the format: `platform_config.proto` and `saved_model_bundle_source_adapter.proto`.
struct PlatformConfig: Sendable {
    /// `batching_parameters` of the `tensorflow` platform; nil when it does not batch.
    var batching: BatchingParameters?

    /// Reads the bytes of a file.
    static func reading(_ bytes: [UInt8], file: String) -> FileReading<PlatformConfig> {
        FileDocument.read(bytes, file: file, as: PlatformConfig()) { message, context, root in
            readMessage(message, "", table, &context, into: &root)
        }
    }

    private struct Entry: Sendable {
        var key: String?
        var value: TextProtobufValue?
    }

    private static let entry: [FileField<Entry>] = [
        .string("key", \.key), FileField("value") { value, _, _, root in root.value = value },
    ]

    private static let table: [FileField<PlatformConfig>] = [
        FileField("platform_configs", isRepeated: true) { value, path, context, root in
            var fields = Entry()
            readMessage(value, path, entry, &context, into: &fields)
            guard fields.key == "tensorflow", let value = fields.value else {
                return context.error(
                    value.position,
                    "'\(path)' is for platform '\((fields.key ?? "").clipped(to: 80))'; only "
                        + "'tensorflow' is known")
            }
            readMessage(value, path, platform, &context, into: &root)
        }
    ]

    private static let platform: [FileField<PlatformConfig>] = [
        FileField("source_adapter_config") { value, path, context, root in
            guard case .message(let any) = value, any.fields.count == 1,
                let adapter = any.fields.first, adapter.isBracketed,
                adapter.name.hasSuffix("SavedModelBundleSourceAdapterConfig")
            else {
                return context.wrong(
                    value, path,
                    expected: "[type.googleapis.com/tensorflow.serving."
                        + "SavedModelBundleSourceAdapterConfig] { ... }")
            }
            readMessage(adapter.value, path, adapterTable, &context, into: &root)
        }
    ]

    private static let adapterTable: [FileField<PlatformConfig>] = [
        FileField("legacy_config") { value, path, context, root in
            readMessage(value, path, legacy, &context, into: &root)
        }
    ]

    private static let legacy: [FileField<PlatformConfig>] =
        [
            FileField("batching_parameters") { value, path, context, root in
                var parameters = BatchingParameters()
                readMessage(value, path, BatchingParameters.table, &context, into: &parameters)
                parameters.check(value.position, &context)
                root.batching = parameters
            }
        ]
        + [
            "session_target", "session_config", "enable_model_warmup", "model_warmup_options",
            "session_run_load_threadpool_index", "experimental_fixed_input_tensors",
            "enable_session_metadata", "remove_unused_fields_from_bundle_metagraph",
            "prefer_tflite_model", "saved_model_tags", "num_tflite_pools",
            "num_tflite_interpreters_per_pool", "wrap_session_with_no_threading_params",
            "resource_estimation_uses_validation_result", "mixed_precision",
        ].map { FileField.meaningless($0, isRepeated: true, "it sets up TensorFlow's sessions") }
}

/// `--tensorflow_session_config_file`: options of TensorFlow's sessions, of which none has a meaning
/// here; the file must be readable all the same.
struct SessionConfig: Sendable {
    /// Reads the bytes of a file.
    static func reading(_ bytes: [UInt8], file: String) -> FileReading<SessionConfig> {
        FileDocument.read(bytes, file: file, as: SessionConfig()) { message, context, _ in
            guard !message.fields.isEmpty else { return }
            let names = message.fields.map(\.name).prefix(10).joined(separator: ", ")
            context.warning(
                message.position,
                "the options of TensorFlow's sessions have no effect (\(names.clipped(to: 160))): "
                    + "set threads with 'cpus' and an engine's options with 'options'")
        }
    }
}
