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
        if let models { try Self.check(models) }
        self.models = models
    }

    /// The original's checks of a list (`server_core.cc`), in its words.
    private static func check(_ models: [ModelDescription]) throws(ServingError) {
        var names: Set<String> = []
        for model in models {
            guard names.insert(model.name).inserted else {
                throw ServingError(
                    .invalidRequest,
                    "Illegal to list model \(model.name.clipped()) multiple times in config list")
            }
            guard model.basePath.hasPrefix("/") || model.basePath.contains("://") else {
                throw ServingError(
                    .invalidRequest,
                    "Expected model \(model.name.clipped()) to have an absolute path or URI; got "
                        + "base_path()=\(model.basePath.clipped())")
            }
        }
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
