public import EngineInterface
public import Inference
public import ServingCore

/// The whole wanted state: every model that should be served, and how.
///
/// Configuration file, command line and (later) admin API all end in this one value; the manager
/// compares it with what is and acts. A model that is absent is unloaded.
public struct AspiredState: Hashable, Sendable {
    /// The models, each name once.
    public var models: [AspiredModel]

    /// Wants these models.
    public init(models: [AspiredModel] = []) {
        self.models = models
    }
}

/// One wanted model.
public struct AspiredModel: Hashable, Sendable {
    /// The name clients use.
    public var name: ModelName
    /// The absolute path of the directory that holds numbered version directories.
    public var baseDirectory: String
    /// Which of the versions found there to serve.
    public var versionPolicy: VersionPolicy
    /// Names for versions.
    public var labels: [VersionLabel: ModelVersion]
    /// In which order a new version comes and the old one goes.
    public var switchPolicy: SwitchPolicy
    /// The engine to use; nil to recognise it from the files.
    public var engine: String?
    /// Options for that engine.
    public var options: EngineOptions
    /// How requests share the model.
    public var scheduling: SchedulingPolicy
    /// What must work before a version becomes available.
    public var warmUp: WarmUpPolicy
    /// How often and after which pause a failed load is tried again.
    public var retry: RetryPolicy
    /// Whether it runs in processes of its own, and what these may use.
    public var worker = WorkerSettings.standard
    /// Which directories are versions.
    public var layout = DirectoryLayout.numbered
    /// What the model's own configuration says of its content; nothing unless set.
    public var content = ContentExpectation()
    /// Whether the files are known to be complete, so that nobody waits for them to settle.
    public var filesAreComplete = false
    /// What is wrong with the model's own configuration; what is loaded stays, nothing new begins.
    public var fault: String?

    /// Wants a model; everything but name and directory has a default.
    public init(
        name: ModelName, baseDirectory: String, versionPolicy: VersionPolicy = .latest(1),
        labels: [VersionLabel: ModelVersion] = [:],
        switchPolicy: SwitchPolicy = .availabilityPreserving, engine: String? = nil,
        options: EngineOptions = EngineOptions([:]), scheduling: SchedulingPolicy = .standard,
        warmUp: WarmUpPolicy = .standard, retry: RetryPolicy = .standard
    ) {
        self.name = name
        self.baseDirectory = baseDirectory
        self.versionPolicy = versionPolicy
        self.labels = labels
        self.switchPolicy = switchPolicy
        self.engine = engine
        self.options = options
        self.scheduling = scheduling
        self.warmUp = warmUp
        self.retry = retry
    }
}

/// Which versions in a base directory are served.
public enum VersionPolicy: Hashable, Sendable {
    /// The highest so many.
    case latest(Int)
    /// Every one.
    case all
    /// These and no others.
    case specific([ModelVersion])
}

/// Which directories below a base directory are versions.
public enum DirectoryLayout: String, Hashable, Sendable {
    /// Those named by a number: TensorFlow Serving's.
    case numbered
    /// Those named by a number that does not begin with 0: Triton's.
    case numberedWithoutLeadingZero
    /// None: the base directory itself holds the files of version 1.
    case single
}

/// In which order versions are exchanged.
public enum SwitchPolicy: String, Hashable, Sendable, CaseIterable {
    /// Load the new version first; unload the old one when the new one answers. Needs memory for both.
    case availabilityPreserving = "availability_preserving"
    /// Unload the old version first; requests in between are refused as not ready.
    case resourcePreserving = "resource_preserving"
}

/// What must work before a version becomes available.
public struct WarmUpPolicy: Hashable, Sendable {
    /// Whether to run an input made up from the signature when no request is recorded.
    public var synthetic: Bool
    /// How often each warm-up request is run; 0 for no warm-up at all.
    public var iterations: Int

    /// Chooses.
    public init(synthetic: Bool, iterations: Int) {
        self.synthetic = synthetic
        self.iterations = iterations
    }

    /// One synthetic prediction.
    public static let standard = WarmUpPolicy(synthetic: true, iterations: 1)
}

/// How a failed load is tried again.
public struct RetryPolicy: Hashable, Sendable {
    /// Further attempts after the first; a version that fails them all ends, until its files change.
    public var attempts: Int
    /// The first pause; it doubles each time.
    public var pause: Duration
    /// The longest pause.
    public var pauseMaximum: Duration

    /// Chooses.
    public init(attempts: Int, pause: Duration, pauseMaximum: Duration) {
        self.attempts = attempts
        self.pause = pause
        self.pauseMaximum = pauseMaximum
    }

    /// Five more attempts after 1, 2, 4, 8 and 16 seconds.
    public static let standard = RetryPolicy(
        attempts: 5, pause: .seconds(1), pauseMaximum: .seconds(60))
}
