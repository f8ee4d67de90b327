public import EngineInterface
import Models
public import ServingCore

/// What can be said of a model before it is served: who can load it, and, once loaded, what it is.
public struct ModelInspection: Sendable {
    /// An engine that recognises the files.
    public struct Claim: Sendable {
        /// The engine's name in configurations.
        public let engine: String
        /// The framework as people call it.
        public let framework: String
        /// What it would load, relative to the directory.
        public let entry: String
    }

    /// The directory whose files were looked at.
    public let directory: String
    /// Bytes of all files.
    public let byteCount: Int
    /// Every engine that recognises the files.
    public let claims: [Claim]
    /// The engine that loads it; nil when none does, or it is not clear which.
    public private(set) var engine: String?
    /// Whether that engine's library is here; nil without an engine.
    public private(set) var availability: EngineAvailability?
    /// Bytes of memory that it may take; nil when that is not known.
    public private(set) var memoryBytes: Int?
    /// What the loaded model declares; nil when it was not loaded.
    public private(set) var declaration: LoadedModelDeclaration?
    /// Why it cannot be served as it is; nil when it can, as far as was looked.
    public private(set) var problem: ServingError?

    /// Looks at a model file, a version directory, or the highest version in a base directory.
    ///
    /// - Parameters:
    ///   - engine: The engine to take; nil for the one that recognises the files.
    ///   - loads: Whether to load the model, which tells its inputs and outputs.
    /// - Throws: `file_unreadable` when there is nothing to look at. What is wrong with the model
    ///   itself is `problem`.
    public init(
        path: String, engine name: String? = nil, options: EngineOptions = EngineOptions([:]),
        loads: Bool = true, engines: [any Engine] = Engines.all, environment: EngineEnvironment
    ) throws(ServingError) {
        let files = try LocalFiles.list(path)
        directory = files.directory
        byteCount = files.byteCount
        claims = EngineChoice.claims(of: engines, to: files).map {
            Claim(
                engine: $0.engine.name, framework: $0.recognition.framework,
                entry: $0.recognition.entry)
        }
        do throws(ServingError) {
            let (engine, claim) = try EngineChoice.choose(engines, named: name, for: files)
            self.engine = engine.name
            availability = engine.availability(environment)
            try engine.check(options)
            let source = ModelSource(
                identity: ModelIdentity(try ModelName("inspected"), ModelVersion(1)),
                files: files, entry: claim.entry, options: options)
            memoryBytes = try engine.estimate(source).memoryBytes
            if loads { try load(source, engine, environment) }
        } catch {
            problem = error
        }
    }

    private mutating func load(
        _ source: ModelSource, _ engine: any Engine, _ environment: EngineEnvironment
    ) throws(ServingError) {
        let model = try engine.load(source, environment)
        declaration = model.declaration
        model.unload()
    }
}
