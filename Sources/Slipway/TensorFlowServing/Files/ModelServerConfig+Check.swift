import Models
import ServingCore

// `slipway check` of a list of models, which is told from a configuration by its first word.

extension ModelServerConfig {
    /// Reads a file if it is a list of models; nil for everything else.
    ///
    /// - Throws: `file_unreadable` when there is nothing to read.
    static func examining(
        path: String, engines: [String]
    ) throws(ServingError) -> ConfigurationReading? {
        // What is typed can be read only once.
        guard path != "-" else { return nil }
        let bytes = try FileBytes.read(
            path, limit: Limits.configurationBytesMaximum, what: "a configuration")
        guard isList(bytes) else { return nil }
        let reading = reading(bytes, file: path, engines: engines)
        var configuration = Configuration()
        configuration.models = AspiredState(models: reading.value.models)
        return ConfigurationReading(
            file: path, configuration: configuration, problems: reading.problems)
    }

    /// Whether the first word of a text, comments aside, is that of a list of models.
    static func isList(_ bytes: [UInt8]) -> Bool {
        let words = ["model_config_list", "modelConfigList", "custom_model_config"]
        for line in bytes.split(separator: 0x0A) {
            let text = line.drop { [0x20, 0x09, 0x0D, 0x7B, 0x22, 0x27].contains($0) }
            if text.isEmpty || text.first == UInt8(ascii: "#") || text.starts(with: [0x2D, 0x2D]) {
                continue
            }
            return words.contains { text.starts(with: Array($0.utf8)) }
        }
        return false
    }
}
