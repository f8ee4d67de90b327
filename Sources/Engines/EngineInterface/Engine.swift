public import Inference
public import ServingCore
public import Tensors

/// A framework: it recognises model files and loads them.
///
/// One instance a process, made at start and free of side effects until `load`; all methods may be
/// called from several threads at once and may block. Every engine passes `EngineConformance` (in
/// `Tests/EngineConformance`) or does not land.
public protocol Engine: Sendable {
    /// The name in configuration and metrics: lower case, `onnxruntime`.
    var name: String { get }

    /// The files that it recognises, in words for errors: `model.onnx, or a single *.onnx file`.
    var looksFor: String { get }

    /// What a model's `options:` may hold, for the reference that `slipway engines` prints.
    var optionReference: [EngineOptionDescription] { get }

    /// Checks a model's `options:` before anything is loaded; opens no file or library.
    ///
    /// - Throws: `configuration_invalid` for an unknown option or a wrong value.
    func check(_ options: EngineOptions) throws(ServingError)

    /// Looks at a version directory and says whether this engine can load it.
    ///
    /// Reads names and at most a few bytes; returns nil for files of other frameworks.
    func recognise(_ files: ModelFiles) -> Recognition?

    /// An upper bound of the memory that `load` will take; asked before every load.
    ///
    /// - Throws: `file_unreadable` or `model_invalid`.
    func estimate(_ source: ModelSource) throws(ServingError) -> ResourceEstimate

    /// Loads a version; blocks for as long as that takes, on a thread of the caller's choice.
    ///
    /// When it throws, nothing stays behind: no memory, thread or file handle.
    ///
    /// - Throws: `library_missing`, `model_invalid` (corrupt, or of an unsupported kind),
    ///   `configuration_invalid` (an unknown or wrong option), `resource_exhausted`.
    func load(_ source: ModelSource, _ environment: EngineEnvironment) throws(ServingError)
        -> any LoadedModel

    /// What `slipway engines` and `slipway doctor` show: the library's version and where it was
    /// found, or what was tried and the command that installs it.
    func availability(_ environment: EngineEnvironment) -> EngineAvailability

    /// The same as far as it can be told without opening the library, for a server that leaves that
    /// to worker processes.
    func installation(_ environment: EngineEnvironment) -> EngineAvailability
}

extension Engine {
    /// What opening the library tells: right for engines whose library is small or none.
    public func installation(_ environment: EngineEnvironment) -> EngineAvailability {
        availability(environment)
    }
}

/// A model in memory.
public protocol LoadedModel: AnyObject, Sendable {
    /// What the model's file declares: signatures, platform, properties.
    var declaration: LoadedModelDeclaration { get }

    /// How many `run`s at a time make sense; the scheduler never exceeds it. At least 1.
    var concurrencyMaximum: Int { get }

    /// Runs the signature on inputs in its order, and returns the wanted outputs in the order asked.
    ///
    /// Inputs were bound to the signature by the caller (types, shapes); the engine still must not
    /// trap on any input. Outputs own their memory or share the engine's; they stay valid after
    /// `unload`. Called from several threads, never more than `concurrencyMaximum` at a time, and
    /// never after `unload`.
    ///
    /// - Parameters:
    ///   - signature: One of `declaration.signatures`.
    ///   - inputs: One tensor for each input of the signature.
    ///   - outputIndices: Positions in `signature.outputs`, each in range.
    ///   - cancellation: The engine registers how to stop it and gives up soon after it fires.
    /// - Throws: `engine_failed` with the engine's words; `invalid_tensor` when the engine finds the
    ///   input at fault; `deadline_exceeded` or `cancelled` when it was stopped.
    func run(
        signature: ModelSignature, inputs: [Tensor], outputIndices: [Int],
        cancellation: RunCancellation
    ) throws(ServingError) -> [Tensor]

    /// Why it cannot answer now, though it is loaded; nil while it can. Asked for readiness; one lock.
    var condition: ServingError? { get }

    /// Whether a `run` waits for another process, so that it must not hold up a thread that serves
    /// others, however short it has been so far.
    var waitsForOthers: Bool { get }

    /// Frees everything; called once or more, and never while a `run` is going on.
    func unload()
}

extension LoadedModel {
    /// It can.
    public var condition: ServingError? { nil }

    /// It computes by itself.
    public var waitsForOthers: Bool { false }
}

/// What a loaded model says of itself.
public struct LoadedModelDeclaration: Sendable {
    /// The platform name that Open Inference Protocol clients see: `onnxruntime_onnx`.
    public let platform: String
    /// The ways to call it, the default first; never empty.
    public let signatures: [ModelSignature]
    /// Producer, licence, custom keys, in the file's order.
    public let properties: [(key: String, value: String)]

    /// Describes.
    public init(
        platform: String, signatures: [ModelSignature],
        properties: [(key: String, value: String)] = []
    ) {
        self.platform = platform
        self.signatures = signatures
        self.properties = properties
    }
}

/// An engine's claim to a version directory.
public struct Recognition: Sendable {
    /// The framework as people call it: `ONNX`.
    public let framework: String
    /// The file or directory to load, relative to the version directory: `model.onnx`.
    public let entry: String
    /// Whether the claim counts only when no other engine makes one.
    public let isFallback: Bool

    /// Claims.
    public init(framework: String, entry: String, isFallback: Bool = false) {
        self.framework = framework
        self.entry = entry
        self.isFallback = isFallback
    }
}

/// What loading a model takes.
public struct ResourceEstimate: Hashable, Sendable {
    /// Bytes of memory, never less than the load will take in fact.
    public let memoryBytes: Int

    /// Estimates.
    public init(memoryBytes: Int) {
        self.memoryBytes = memoryBytes
    }
}

/// What an engine may use of this machine; the same for every load.
public struct EngineEnvironment: Sendable {
    /// Processors for the engine's own threads.
    public let budget: CPUBudget
    /// Directories named in the configuration to search for shared libraries first.
    public let libraryDirectories: [String]
    /// Hears of worker processes; nil where nobody listens.
    public let workers: (any WorkerObserver)?

    /// Describes the machine's share.
    public init(
        budget: CPUBudget, libraryDirectories: [String] = [],
        workers: (any WorkerObserver)? = nil
    ) {
        self.budget = budget
        self.libraryDirectories = libraryDirectories
        self.workers = workers
    }
}

/// Whether an engine can be used here.
public enum EngineAvailability: Sendable {
    /// Usable: the version and, unless built in, the library's path.
    case available(version: String, path: String?)
    /// Not usable: the error names what was tried and how to install it.
    case missing(ServingError)
}
