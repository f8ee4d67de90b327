import Models
import ServingCore

/// `config.pbtxt` for `slipway check`, which recognises it by its name.
extension TritonModelConfiguration {
    private static let ending = ".pbtxt"

    /// Reads a model's own configuration and what it names; nil when the file is none.
    ///
    /// - Parameters:
    ///   - path: The file, in the model's directory.
    ///   - engines: The names of the engines that there are.
    /// - Throws: `file_unreadable`, `configuration_invalid` with line and column.
    static func examining(
        path: String, engines: [String]
    ) throws(ServingError) -> ConfigurationReading? {
        guard path.hasSuffix(ending) else { return nil }
        let bytes = try FileBytes.read(
            path, limit: Limits.configurationBytesMaximum, what: "a model's configuration")
        let source = path.split(separator: "/").last.map(String.init) ?? path
        let own = try Self(try SettingsText.protobuf(bytes, source: source), engines: engines)
        let directory = FilePath.directory(
            of: FilePath.absolute(path, in: FilePath.workingDirectory()))
        let last = directory.split(separator: "/").last.map(String.init) ?? ""
        let model = AspiredModel(name: try ModelName(last), baseDirectory: directory)
        var configuration = Configuration()
        configuration.models = AspiredState(
            models: [try model.completed(by: own, directory: directory)])
        return ConfigurationReading(
            file: path, configuration: configuration,
            problems: own.remarks.map { ConfigurationProblem(.warning, at: nil, $0) })
    }
}
