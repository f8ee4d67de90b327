import ServingCore

/// A command line of TensorFlow Serving's as a source of configurations.
public struct TensorFlowServingCommandLine: Sendable {
    /// The flags.
    public let arguments: TensorFlowServingArguments
    private let environment: [String: String]

    /// Joins flags and environment.
    ///
    /// - Parameter environment: Of it `MODEL_NAME` and `MODEL_BASE_PATH` count, when no flag names a
    ///   model.
    public init(_ arguments: TensorFlowServingArguments, environment: [String: String]) {
        self.arguments = arguments
        self.environment = environment
    }

    /// Whether the environment names a model as that of TensorFlow Serving's image does.
    public static func isImage(_ environment: [String: String]) -> Bool {
        TensorFlowServingReading.namesModel(environment)
    }

    /// The list of models that is followed while the server runs; nil when there is none.
    public var followedFile: String? {
        let path = arguments.values["model_config_file"] ?? ""
        return path.isEmpty ? nil : path
    }

    /// The pause between two looks at that file; nil when only SIGHUP has it read again.
    public var followPause: Duration? {
        let seconds = arguments.values["model_config_file_poll_wait_seconds"].flatMap { Int($0) }
        return seconds.flatMap { $0 > 0 ? .seconds($0) : nil }
    }

    /// Reads flags and files.
    public func reading(engines: [String]) -> ConfigurationReading {
        var reading = TensorFlowServingReading(
            arguments: arguments, environment: environment, engines: engines,
            readFile: { (path, what) throws(ServingError) in
                try FileBytes.read(
                    path, limit: Limits.configurationBytesMaximum, what: what, regularOnly: true)
            })
        return reading.read()
    }

    /// Reads flags and files again for a running server: of the warnings, which were given at its
    /// start, only those of the list of models.
    func rereading(engines: [String]) -> ConfigurationReading {
        let reading = reading(engines: engines)
        let problems = reading.problems.filter {
            $0.severity == .error || $0.file == followedFile
        }
        return ConfigurationReading(
            file: reading.file, configuration: reading.configuration ?? Configuration(),
            problems: problems)
    }
}
