import Inference
import ServingCore
import Wire

/// Reads `tensorflow.serving.ModelConfig`: name 1, base_path 2, model_type 3, model_platform 4,
/// logging_config 6, model_version_policy 7, version_labels 8.
enum ModelConfigReader {
    /// Reads one model.
    ///
    /// - Throws: `invalid_request`; `unsupported` for request logging, which is not offered.
    static func read(_ reader: ProtobufReader) throws(ServingError) -> ModelDescription {
        var reader = reader
        var model = ModelDescription(name: "", basePath: "")
        var type: UInt64 = 0
        var logs = false
        while let field = try reader.nextField() {
            switch field {
            case 1: model.name = try reader.string()
            case 2: model.basePath = try reader.string()
            case 3: type = try reader.varint()
            case 4: model.platform = try reader.string()
            case 6:
                logs = try !reader.payload().isEmpty
            case 7: model.versions = try policy(reader.message()) ?? model.versions
            case 8:
                var version: Int64 = 0
                let label = try reader.mapEntry { (entry) throws(ServingError) in
                    version = try entry.signed()
                }
                model.labels[label] = version
                guard model.labels.count <= Limits.reloadedModelsMaximum else {
                    throw ServingError(
                        .invalidRequest,
                        "a model has at most \(Limits.reloadedModelsMaximum) version labels")
                }
            default: try reader.skip()
            }
        }
        try check(type, &model)
        if logs {
            throw ServingError(
                .unsupported,
                "model '\(model.name.clipped())' has a logging_config, but request logging is not "
                    + "offered; leave it out")
        }
        return model
    }

    /// The deprecated model_type, in TensorFlow Serving's words; 1 is TensorFlow, 2 any other.
    private static func check(_ type: UInt64, _ model: inout ModelDescription)
        throws(ServingError)
    {
        guard type != 0 else { return }
        guard model.platform.isEmpty else {
            throw ServingError(
                .invalidRequest,
                "Illegal setting both ModelServerConfig::model_type (deprecated) and "
                    + "ModelServerConfig::model_platform, model name is \(model.name.clipped())")
        }
        guard type == 1 else {
            throw ServingError(
                .invalidRequest, "ModelServerConfig::model_type choice \(type) not supported.")
        }
        model.platform = "tensorflow"
    }

    /// `ServableVersionPolicy`: latest 100, all 101, specific 102.
    private static func policy(_ reader: ProtobufReader) throws(ServingError)
        -> ModelDescription.Versions?
    {
        var reader = reader
        var result: ModelDescription.Versions?
        while let field = try reader.nextField() {
            switch field {
            case 100: result = .latest(try latest(reader.message()))
            case 101:
                result = .all
                try reader.skip()
            case 102: result = .specific(try specific(reader.message()))
            default: try reader.skip()
            }
        }
        return result
    }

    private static func latest(_ reader: ProtobufReader) throws(ServingError) -> Int {
        var reader = reader
        var count: UInt64 = 0
        while let field = try reader.nextField() {
            if field == 1 { count = try reader.varint() } else { try reader.skip() }
        }
        // 0 means one, as in the original.
        return max(1, Int(UInt32(truncatingIfNeeded: count)))
    }

    private static func specific(_ reader: ProtobufReader) throws(ServingError) -> [Int64] {
        var reader = reader
        var versions: [Int64] = []
        while let field = try reader.nextField() {
            switch (field, reader.wireType) {
            case (1, .lengthDelimited):
                var packed = try reader.packed()
                while !packed.isAtEnd {
                    try append(Int64(bitPattern: try packed.packedVarint()), to: &versions)
                }
            case (1, _): try append(try reader.signed(), to: &versions)
            default: try reader.skip()
            }
        }
        return versions
    }

    private static func append(_ version: Int64, to versions: inout [Int64])
        throws(ServingError)
    {
        guard versions.count < Limits.versionsPerModelMaximum else {
            throw ServingError(
                .invalidRequest,
                "a model has at most \(Limits.versionsPerModelMaximum) specific versions")
        }
        versions.append(version)
    }
}
