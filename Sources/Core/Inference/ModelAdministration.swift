public import ServingCore

/// Changes which models are served, on behalf of protocols that let clients do so: TensorFlow
/// Serving's reload, the Open Inference Protocol's model repository, SageMaker's multi-model
/// endpoints.
///
/// Completions are called once, on any thread, and must not block.
public protocol ModelAdministration: AnyObject, Sendable {
    /// Whether clients may load and unload single models.
    var allowsLoading: Bool { get }
    /// Whether clients may replace the whole set of models.
    var allowsReplacing: Bool { get }

    /// Wants exactly these models, as TensorFlow Serving's `HandleReloadConfigRequest` asks; models
    /// that are absent are unloaded.
    ///
    /// - Parameter completion: Called when every new model is available, or with the first failure:
    ///   `configuration_invalid` (nothing has changed then), `model_not_ready`, `unsupported` when
    ///   not allowed.
    func replaceModels(
        _ models: [ModelDescription],
        completion: @escaping @Sendable (Result<Void, ServingError>) -> Void)

    /// Loads a model by name, or loads it again.
    ///
    /// - Parameter completion: Called when it is available, or with what went wrong:
    ///   `model_not_found`, `model_invalid`, `resource_exhausted`, `unsupported` when not allowed.
    func loadModel(
        _ request: ModelLoadRequest,
        completion: @escaping @Sendable (Result<Void, ServingError>) -> Void)

    /// Unloads a model; its memory is free when `completion` is called.
    ///
    /// - Parameter completion: `model_not_found` when no such model is loaded; `unsupported` when not
    ///   allowed.
    func unloadModel(
        _ name: ModelName, completion: @escaping @Sendable (Result<Void, ServingError>) -> Void)

    /// Models that are loaded or could be: those of the repository directory too.
    func repositoryIndex() -> [RepositoryEntry]

    /// Where a served model's files are; nil when it is not served.
    func location(of name: ModelName) -> String?
}

/// A model as TensorFlow Serving's `ModelConfig` describes it.
public struct ModelDescription: Hashable, Sendable {
    /// Which versions are served.
    public enum Versions: Hashable, Sendable {
        case latest(Int)
        case all
        case specific([Int64])
    }

    /// The name.
    public var name: String
    /// The absolute path of the directory of versions.
    public var basePath: String
    /// `tensorflow` or another platform name; empty for whatever the files are.
    public var platform: String
    /// Which versions are served.
    public var versions: Versions
    /// Labels and the versions that they name.
    public var labels: [String: Int64]

    /// Describes.
    public init(
        name: String, basePath: String, platform: String = "", versions: Versions = .latest(1),
        labels: [String: Int64] = [:]
    ) {
        self.name = name
        self.basePath = basePath
        self.platform = platform
        self.versions = versions
        self.labels = labels
    }
}

/// What a client asks to be loaded.
public struct ModelLoadRequest: Sendable {
    /// A file that comes with the request.
    public struct File: Sendable {
        /// Its path below the model's directory: `1/model.onnx`.
        public var path: String
        /// Its bytes.
        public var content: [UInt8]

        /// Names the bytes.
        public init(path: String, content: [UInt8]) {
            self.path = path
            self.content = content
        }
    }

    /// The name.
    public var name: ModelName
    /// A model configuration in Triton's JSON form that replaces the stored one; nil for none.
    public var configuration: String?
    /// Files that take the place of the repository's; empty for none.
    public var files: [File]
    /// A directory to load from, as multi-model endpoints give it; nil for the repository's.
    public var location: String?

    /// Asks.
    public init(
        name: ModelName, configuration: String? = nil, files: [File] = [], location: String? = nil
    ) {
        self.name = name
        self.configuration = configuration
        self.files = files
        self.location = location
    }
}

/// One model version of the repository index.
public struct RepositoryEntry: Hashable, Sendable {
    /// What the protocol calls a version's state.
    public enum State: String, Hashable, Sendable {
        case unknown = "UNKNOWN"
        case ready = "READY"
        case unavailable = "UNAVAILABLE"
        case loading = "LOADING"
        case unloading = "UNLOADING"
    }

    /// The model's name.
    public var name: String
    /// The version; nil for a model that was never loaded.
    public var version: ModelVersion?
    /// The state; nil for a model that was never loaded.
    public var state: State?
    /// Why it is not ready; empty when there is nothing to say.
    public var reason: String

    /// Describes.
    public init(name: String, version: ModelVersion?, state: State?, reason: String = "") {
        self.name = name
        self.version = version
        self.state = state
        self.reason = reason
    }
}
