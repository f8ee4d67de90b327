import ServingCore

/// What a SageMaker hosting container is told by its environment, as a configuration.
///
/// SageMaker starts `docker run IMAGE serve`, without a model and without a file; all else is in
/// variables and in directories of fixed names.
public struct SageMakerEnvironment: Sendable {
    /// The name of the only model when no variable gives one.
    static let usualModelName = "model"
    /// The platform's own limit on an answer's time.
    private static let usualTimeoutSeconds = 60

    private let variables: [String: String]

    /// Takes the variables of a process, of which those that begin with `SAGEMAKER_` count.
    public init(_ environment: [String: String]) {
        variables = environment.filter { $0.key.hasPrefix("SAGEMAKER_") && !$0.value.isEmpty }
    }

    /// Whether the process runs in such a container: one of the variables is set, or the directory of
    /// the model exists.
    public func isPresent(_ directoryExists: (String) -> Bool) -> Bool {
        !variables.isEmpty || directoryExists(modelDirectory)
    }

    /// Where the platform puts the model's files: `model` below `SAGEMAKER_BASE_DIR`, which
    /// SageMaker's own toolkits read too.
    public var modelDirectory: String { (variables["SAGEMAKER_BASE_DIR"] ?? "/opt/ml") + "/model" }

    /// Whether models come and go by `/models`.
    public var isMultiModel: Bool { isTrue("SAGEMAKER_MULTI_MODEL") }

    /// The name of the model in `/opt/ml/model`, as SageMaker's own TensorFlow and Triton containers
    /// are told it.
    var modelName: String {
        variables["SAGEMAKER_TFS_DEFAULT_MODEL_NAME"]
            ?? variables["SAGEMAKER_TRITON_DEFAULT_MODEL_NAME"] ?? Self.usualModelName
    }

    /// The keys that the variables come to; problems with a value name its variable.
    public var overrides: ConfigurationOverrides {
        var result = ConfigurationOverrides()
        let port = variables["SAGEMAKER_BIND_TO_PORT"] ?? "8080"
        result.add("SAGEMAKER_BIND_TO_PORT", ["listen", "rest"], port)
        result.add("SageMaker", ["listen", "host"], "0.0.0.0")
        result.add("SageMaker", ["listen", "grpc"], "off")
        result.add("SAGEMAKER_SAFE_PORT_RANGE", ["listen", "admin"], adminPort(besides: port))
        let timeout = variables["SAGEMAKER_MODEL_SERVER_TIMEOUT"]
        result.add(
            "SAGEMAKER_MODEL_SERVER_TIMEOUT", ["limits", "request_timeout"],
            Self.seconds(timeout ?? String(Self.usualTimeoutSeconds)))
        add("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT", "accept", to: &result)
        add("SAGEMAKER_MAX_CONCURRENT_TRANSFORMS", "concurrent_transforms", to: &result)
        add("SAGEMAKER_BATCH_STRATEGY", "batch_strategy", to: &result)
        add("SAGEMAKER_MAX_PAYLOAD_IN_MB", "payload_megabytes", to: &result)
        if let megabytes = variables["SAGEMAKER_MAX_PAYLOAD_IN_MB"] {
            result.add("SAGEMAKER_MAX_PAYLOAD_IN_MB", ["limits", "body"], megabytes + "MiB")
        }
        for name in ["SAGEMAKER_TFS_DEFAULT_MODEL_NAME", "SAGEMAKER_TRITON_DEFAULT_MODEL_NAME"] {
            add(name, "model", to: &result)
        }
        if isMultiModel {
            result.add("SAGEMAKER_MULTI_MODEL", ["invocations", "multi_model"], "true")
            result.add("SAGEMAKER_MULTI_MODEL", ["model_control"], "explicit")
        }
        return result
    }

    /// What is said of variables that have no meaning here.
    public var warnings: [String] {
        let meaningless = ["SAGEMAKER_MODEL_SERVER_WORKERS", "SAGEMAKER_TRITON_LOG_VERBOSE"]
        return meaningless.filter { variables[$0] != nil }.map {
            "\($0) has no meaning here and is not used: one process answers all requests, on as many "
                + "processors as the container has"
        }
    }

    /// A number of seconds as a duration; anything else is no duration, and refused as such.
    private static func seconds(_ text: String) -> String {
        text.utf8.allSatisfy { (0x30...0x39).contains($0) } ? text + "s" : text + " seconds"
    }

    private func add(_ name: String, _ key: String, to result: inout ConfigurationOverrides) {
        result.add(name, ["invocations", key], variables[name])
    }

    /// The first port of the range that containers of an endpoint share out; without a range there
    /// is one port only.
    private func adminPort(besides port: String) -> String {
        guard let range = variables["SAGEMAKER_SAFE_PORT_RANGE"] else { return "off" }
        let ends = range.split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2, let first = Int(ends[0]), let last = Int(ends[1]), first <= last
        else {
            // Refused as a port, with the variable's name.
            return "\(range) (a range is FIRST-LAST)"
        }
        return (first...last).prefix(2).map(String.init).first { $0 != port } ?? "off"
    }

    private func isTrue(_ name: String) -> Bool {
        ["true", "1", "yes"].contains(variables[name]?.lowercased() ?? "")
    }
}
