import Inference
import NIOCore
import ServingCore
import Wire

/// `tensorflow.serving.ReloadConfigRequest` with the `ModelServerConfig` in it.
///
/// Source of the numbers: `model_management.proto`, `model_server_config.proto` and
/// `file_system_storage_path_source.proto` of TensorFlow Serving.
struct ReloadConfigMessage: Sendable {
    /// The models of the `model_config_list`; nil when the request has none.
    var models: [ModelDescription]?

    /// Reads a message.
    ///
    /// - Throws: `invalid_request` for damage, and in TensorFlow Serving's words for models that
    ///   cannot be served as described.
    init(_ message: ByteBuffer) throws(ServingError) {
        var models: [ModelDescription]?
        try message.withProtobufReader { (reader) throws(ServingError) in
            while let field = try reader.nextField() {
                if field == 1 {
                    try Self.readConfig(reader.message(), &models)
                } else {
                    try reader.skip()
                }
            }
        }
        self.models = models
    }

    /// `ModelServerConfig`: model_config_list 1 or custom_model_config 2, the last one written.
    private static func readConfig(_ config: ProtobufReader, _ models: inout [ModelDescription]?)
        throws(ServingError)
    {
        var config = config
        while let field = try config.nextField() {
            switch field {
            case 1:
                var list = try config.message()
                var found = models ?? []
                while let field = try list.nextField() {
                    guard field == 1 else {
                        try list.skip()
                        continue
                    }
                    guard found.count < Limits.reloadedModelsMaximum else {
                        throw ServingError(
                            .invalidRequest,
                            "the config list has more than \(Limits.reloadedModelsMaximum) models")
                    }
                    found.append(try ModelConfigReader.read(list.message()))
                }
                models = found
            case 2:
                models = nil
                try config.skip()
            default: try config.skip()
            }
        }
    }
}
