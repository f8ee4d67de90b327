public import EngineInterface
import Glibc
public import ServingCore

/// Models without a framework, for tests, trials and load generators: identity, half plus two,
/// delays and failures, each described by a small text file `model.builtin`.
///
/// `BuiltinDescription` says what may stand in the file.
public struct BuiltinEngine: Engine {
    /// The file that makes a version directory a built-in model.
    public static let entry = "model.builtin"
    /// A few objects: there are no weights.
    private static let memoryBytes = 64 << 10

    /// Makes the engine; it has no state.
    public init() {}

    public var name: String { "builtin" }
    public var looksFor: String { Self.entry }
    /// None: what a built-in model does stands in its file.
    public var optionReference: [EngineOptionDescription] { [] }

    public func check(_ options: EngineOptions) throws(ServingError) {
        try options.requireKnown([], engine: name)
    }

    public func recognise(_ files: ModelFiles) -> Recognition? {
        guard let entry = files.entry(Self.entry), !entry.isDirectory else { return nil }
        return Recognition(framework: "builtin", entry: entry.name)
    }

    public func estimate(_ source: ModelSource) throws(ServingError) -> ResourceEstimate {
        ResourceEstimate(memoryBytes: Self.memoryBytes)
    }

    public func load(_ source: ModelSource, _ environment: EngineEnvironment)
        throws(ServingError) -> any LoadedModel
    {
        try check(source.options)
        let text = try DescriptionFile.read(source.entryPath)
        let description: BuiltinDescription
        do throws(ServingError) {
            description = try BuiltinDescription(text)
        } catch {
            throw error.inContext(source.entryPath)
        }
        if let delay = description.loadDelay {
            _ = InterruptibleWait().wait(nanoseconds: delay.nanosecondsClamped)
        }
        if description.failure?.needsWorker == true, getenv("SLIPWAY_WORKER_LANES") == nil {
            throw ServingError(
                .modelInvalid,
                "\(source.entryPath): it is described to take its process down, so it runs in a "
                    + "process of its own only; write 'isolation: process'")
        }
        if description.failure == .load {
            throw ServingError(
                .modelInvalid, "\(source.entryPath): it is described to fail to load")
        }
        return BuiltinModel(description, processors: environment.budget.processors)
    }

    public func availability(_ environment: EngineEnvironment) -> EngineAvailability {
        .available(version: "built in", path: nil)
    }
}
