import EngineInterface
import Models
import ServingCore
import Tensors

/// What `config.pbtxt` says of a model, as far as it has a meaning here.
///
/// Source of the fields: Triton's `model_config.proto` and its documentation of model
/// configuration.
struct TritonModelConfiguration: Equatable {
    /// An input or output.
    struct Value: Equatable {
        var name: String
        var elementType: ElementType
        /// Without the batch dimension when `maxBatchSize` is above 0.
        var dimensions: [Int]
        /// The file of an output's class labels.
        var labelFile: String?
    }

    /// A warm-up sample whose files are relative to the model's `warmup` directory.
    struct Sample: Equatable {
        var name: String
        var batchSize: Int
        var inputs: [SampleInput]
        var count: Int
    }

    /// What a sample holds for one input.
    struct SampleInput: Equatable {
        var name: String
        var elementType: ElementType
        var dimensions: [Int]
        var content: WarmUpSample.Content
    }

    /// The model's name; nil when it is left to the directory.
    var name: String?
    /// The engine; nil to recognise it.
    var engine: String?
    /// Rows that a request may hold; nil when it is not written.
    var maxBatchSize: Int?
    /// Whether requests that wait share a run.
    var isBatchedDynamically = false
    /// Requests that may wait; nil for the default.
    var queueMaximum: Int?
    /// Runs at a time; nil for what the engine suggests.
    var instances: Int?
    /// Which versions are served; nil for the default.
    var versions: VersionPolicy?
    var inputs: [Value] = []
    var outputs: [Value] = []
    var samples: [Sample] = []
    /// `parameters`, as metadata shows them.
    var properties: [ModelProperty] = []
    /// Options of the engine.
    var options: [String: EngineOptions.Value] = [:]
    /// The file to load in each version directory.
    var fileName: String?
    /// Things that are read and have no effect, with the reason.
    var remarks: [String] = []
}

extension TritonModelConfiguration {
    /// Reads a configuration.
    ///
    /// - Parameters:
    ///   - root: The message `ModelConfig`.
    ///   - engines: The names of the engines that there are.
    /// - Throws: `configuration_invalid` with the place; `library_missing` never.
    init(_ root: SettingsMessage, engines: [String]) throws(ServingError) {
        self.init()
        try root.check(Self.known, refused: Self.refused)
        name = try root.text("name")
        engine = try Self.engine(root, engines)
        maxBatchSize = try root.integer("max_batch_size", in: 0...65_536)
        inputs = try Self.values(root, "input")
        outputs = try Self.values(root, "output")
        fileName = try Self.fileName(root)
        versions = try Self.versions(root)
        try readInstances(root)
        try readBatching(root)
        try readOptimization(root)
        try readParameters(root)
        readPositionalNames()
        samples = try root.messages("model_warmup").map { (message) throws(ServingError) in
            try sample(message)
        }
        for (name, key) in [
            ("response_cache", "enable"), ("model_transaction_policy", "decoupled"),
        ] {
            guard let message = try root.message(name) else { continue }
            try message.check([key])
            guard try !message.boolean(key) else {
                throw message.wrong(key, "must stay false: \(Self.switches[key] ?? "")")
            }
        }
    }

    private static let known = [
        "name", "platform", "backend", "max_batch_size", "input", "output", "version_policy",
        "instance_group", "dynamic_batching", "optimization", "parameters", "model_warmup",
        "default_model_filename", "response_cache", "model_transaction_policy",
    ]

    private static let switches = [
        "enable": "answers are not cached",
        "decoupled": "a request has exactly one answer here",
    ]

    private static let refused = [
        "runtime": "the engine is chosen by 'backend'",
        "sequence_batching": "requests that belong together keep no state between them here",
        "ensemble_scheduling": "models are not joined into pipelines",
        "batch_input": "no inputs are made up from a batch",
        "batch_output": "outputs are split by rows only",
        "cc_model_filenames": "there are no GPU engines",
        "metric_tags": "metrics have the labels model and version only",
        "model_operations": "engines load no extra libraries per model",
        "model_repository_agents": "models are read as they are",
        "model_metrics": "histograms are the same for all models",
    ]

    private static func fileName(_ root: SettingsMessage) throws(ServingError) -> String? {
        guard let name = try root.text("default_model_filename") else { return nil }
        guard ModelFilePath.isSafe(name) else {
            throw root.wrong(
                "default_model_filename",
                "must be a file in the version directory, not "
                    + "'\(name.clipped(to: 80))'")
        }
        return name
    }

    private static func versions(_ root: SettingsMessage) throws(ServingError) -> VersionPolicy? {
        guard let policy = try root.message("version_policy") else { return nil }
        let choices = ["latest", "all", "specific"]
        try policy.check(choices)
        guard choices.count(where: policy.has) == 1 else {
            throw root.wrong(
                "version_policy", "must hold exactly one of \(choices.joined(separator: ", "))")
        }
        if let latest = try policy.message("latest") {
            try latest.check(["num_versions"])
            let count = try latest.integer(
                "num_versions", in: 0...Limits.versionsPerModelMaximum)
            return .latest(max(1, count ?? 1))
        }
        if let all = try policy.message("all") {
            try all.check([])
            return .all
        }
        guard let specific = try policy.message("specific") else { return nil }
        try specific.check(["versions"])
        let versions = try specific.integers("versions", in: 1...Int.max)
        guard !versions.isEmpty, versions.count <= Limits.versionsPerModelMaximum else {
            throw specific.wrong("versions", "must list at least one version")
        }
        return .specific(Set(versions).sorted().map { ModelVersion(Int64($0)) })
    }
}
