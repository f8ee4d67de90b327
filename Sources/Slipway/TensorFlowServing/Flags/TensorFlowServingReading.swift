import Inference
import Models
import ServingCore
import Yams

/// Turns a command line of TensorFlow Serving's, with the files that it names, into a configuration.
struct TensorFlowServingReading {
    let arguments: TensorFlowServingArguments
    let environment: [String: String]
    let engines: [String]
    /// Reads a file; replaced in tests.
    let readFile: (_ path: String, _ what: String) throws(ServingError) -> [UInt8]
    var problems: [ConfigurationProblem] = []

    /// The configuration, or all that is wrong with it.
    mutating func read() -> ConfigurationReading {
        var configuration = Configuration()
        // The original listens on all interfaces, and on no port for administration.
        configuration.listen.host = "0.0.0.0"
        configuration.listen.restPort = nil
        if arguments.manner == .original { configuration.listen.adminPort = nil }
        configuration.compatibility.unavailableLabels = .none
        noteFlags()
        readModels(into: &configuration)
        readFiles(into: &configuration)
        readBatching(into: &configuration.models)
        let rest = ConfigurationReading.finishing(
            configuration, overrides: overrides, engines: engines)
        // What is missing because of an error is not worth a warning.
        let isUsable = problems.allSatisfy { $0.severity == .warning }
        return ConfigurationReading(
            file: "command line", configuration: rest.configuration,
            problems: problems + rest.problems.filter { isUsable || $0.severity == .error })
    }

    // MARK: Flags

    func text(_ name: String) -> String? {
        guard let text = arguments.values[name], !text.isEmpty else { return nil }
        return text
    }

    func isSet(_ name: String, otherwise standard: Bool = false) -> Bool {
        text(name).map { $0 == "true" } ?? standard
    }

    /// A whole number in a range; nil without the flag, or after a problem was noted.
    mutating func number(_ name: String, _ range: ClosedRange<Int>) -> Int? {
        guard let text = text(name) else { return nil }
        guard let number = Int(text), range.contains(number) else {
            error(
                "--\(name) is \(text.clipped(to: 80)); it must be from \(range.lowerBound) to "
                    + "\(range.upperBound)")
            return nil
        }
        return number
    }

    mutating func error(_ message: String) {
        problems.append(ConfigurationProblem(.error, at: nil, message))
    }

    mutating func warning(_ message: String) {
        problems.append(ConfigurationProblem(.warning, at: nil, message))
    }

    /// Refuses or warns of every flag that was given and does nothing here.
    private mutating func noteFlags() {
        for flag in TensorFlowServingFlag.all {
            guard let text = arguments.values[flag.name] else { continue }
            switch flag.effect {
            case .honoured: break
            case .warned(let reason): warning("--\(flag.name) has no effect: \(reason)")
            case .refused(let reason):
                if text != flag.standard { error("--\(flag.name) is refused: \(reason)") }
            }
        }
    }

    // MARK: Keys

    /// The flags that are keys of the configuration under another name; the user's own come last.
    private var overrides: ConfigurationOverrides {
        var result = ConfigurationOverrides()
        result.add("--port", ["listen", "grpc"], port("port") ?? "8500")
        result.add("--grpc_socket_path", ["listen", "grpc_socket"], text("grpc_socket_path"))
        result.add("--rest_api_port", ["listen", "rest"], port("rest_api_port") ?? usualRESTPort)
        result.add(
            "--rest_api_timeout_in_ms", ["limits", "request_timeout"],
            text("rest_api_timeout_in_ms").map { $0 + "ms" })
        result.add(
            "--rest_api_enable_cors_support", ["compatibility", "cors"],
            text("rest_api_enable_cors_support"))
        result.add(
            "--enable_serialization_as_tensor_content", ["compatibility", "tensor_content"],
            text("enable_serialization_as_tensor_content"))
        result.add(
            "--allow_version_labels_for_unavailable_models",
            ["compatibility", "unavailable_labels"],
            isSet("allow_version_labels_for_unavailable_models") ? "new" : nil)
        result.add("--ssl_config_file", ["tls", "grpc_config"], text("ssl_config_file"))
        result.append(arguments.overrides)
        return result
    }

    /// A port's text; 0 switches it off in the original.
    private func port(_ name: String) -> String? {
        text(name).map { $0 == "0" ? "off" : $0 }
    }

    /// The image's entry point opens port 8501 for the models that it is told of by environment.
    private var usualRESTPort: String { usesEnvironment ? "8501" : "off" }
}

extension TensorFlowServingReading {
    /// Whether the one model comes from the variables of TensorFlow Serving's image.
    var usesEnvironment: Bool {
        text("model_base_path") == nil && text("model_config_file") == nil
            && Self.namesModel(environment)
    }

    /// Whether the environment is that of TensorFlow Serving's image.
    static func namesModel(_ environment: [String: String]) -> Bool {
        ["MODEL_NAME", "MODEL_BASE_PATH"].contains { environment[$0]?.isEmpty == false }
    }
}

extension ConfigurationReading {
    /// Applies flags to a configuration and checks the whole.
    fileprivate static func finishing(
        _ configuration: Configuration, overrides: ConfigurationOverrides, engines: [String]
    ) -> (configuration: Configuration, problems: [ConfigurationProblem]) {
        var context = ReadingContext(
            baseDirectory: FilePath.workingDirectory(), engines: engines)
        var configuration = configuration
        Configuration.finish(&configuration, Node([(Node, Node)]()), overrides, &context)
        return (configuration, context.problems)
    }
}
