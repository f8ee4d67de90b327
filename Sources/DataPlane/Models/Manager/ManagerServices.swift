public import EngineInterface
public import Inference
public import Logging
public import ServingCore
import Synchronization

/// Hears what the manager does, as it does it; calls come from the manager's own thread, must not
/// block and must not call back into `apply` or `stop`.
public protocol ModelEvents: Sendable {
    /// A version has changed its state.
    func versionChanged(_ transition: VersionTransition)
    /// What requests and status routes see of a model has been brought up to date.
    func modelPublished(_ name: ModelName)
}

/// The times and numbers that a manager goes by.
public struct ModelManagerSettings: Sendable {
    /// Loads and unloads at a time.
    public var loaderThreads = 2
    /// How long the files of a version must not have changed before it is loaded.
    public var settlePeriod = Duration.seconds(1)
    /// Shortest time between two looks at a directory, however often it changes.
    public var scanPauseMinimum = Duration.milliseconds(50)
    /// Between two looks at a directory that the system watches for us.
    public var watchedPollInterval = Duration.seconds(5)
    /// Between two looks at a directory that the system cannot watch.
    public var pollInterval = Duration.seconds(1)
    /// Between two attempts to reserve memory that was missing.
    public var memoryPause = Duration.seconds(5)
    /// Bytes that all models together may take by their engines' estimates; nil for no such limit.
    public var memoryBudgetBytes: Int?
    /// How long the warm-up of a version may take.
    public var warmUpTimeLimit = Duration.seconds(60)
    /// Between two looks at the health of the versions that answer.
    public var probeInterval = Duration.seconds(5)
    /// After which time leases that are not given back are reported.
    public var slowDrain = Duration.seconds(30)
    /// Whether the system's directory events are used; without them directories are polled.
    public var watchesDirectories = true

    /// The defaults.
    public init() {}
}

/// What a manager works with; everything that tests replace.
public struct ModelManagerDependencies: Sendable {
    /// The frameworks that can be loaded.
    public var engines: [any Engine]
    /// What engines may use of the machine.
    public var environment: EngineEnvironment
    /// Puts a scheduler in front of each loaded version.
    public var factory: any ServableFactory
    /// Reads recorded warm-up requests.
    public var warmUpReader: any WarmUpReader
    /// Counts loads, and makes the observer of each version.
    public var observer: any ServerObserver
    /// The time.
    public var clock: any ServingClock = SystemClock()
    /// The models' files.
    public var fileSystem: any ModelFileSystem = SystemFileSystem()
    /// The free memory.
    public var memory: any MemoryProbe = SystemMemoryProbe()
    /// Where transitions are logged.
    public var logger: Logger
    /// Hears every transition; for tests and the command line.
    public var events: (any ModelEvents)?

    /// Joins the parts; clock, file system and memory are the machine's unless replaced.
    public init(
        engines: [any Engine], environment: EngineEnvironment, factory: any ServableFactory,
        warmUpReader: any WarmUpReader, observer: any ServerObserver, logger: Logger
    ) {
        self.engines = engines
        self.environment = environment
        self.factory = factory
        self.warmUpReader = warmUpReader
        self.observer = observer
        self.logger = logger
    }
}

/// The table behind its lock, shared by the manager's thread and everybody who asks.
final class PublishedTable: Sendable {
    let table = Mutex(ReadyTable())

    /// A copy of the models for questions that take longer than a request's.
    var snapshot: ReadyTable { table.withLock { $0 } }
}
