public import EngineInterface
public import ServingCore

/// Spark MLlib pipelines as `model.write().save()` lays them out, run natively in this process:
/// without Spark, without a JVM, a row in microseconds.
///
/// A version directory is claimed when it is a saved pipeline or stage itself, or holds one in its
/// only directory that is one.
public struct SparkEngine: Engine {
    /// The entry for a version directory that is the pipeline itself.
    static let wholeDirectory = "."
    /// The entry for several saved pipelines in one version directory.
    static let ambiguousEntry = "*/metadata"

    /// Makes the engine; it needs no library.
    public init() {}

    public var name: String { "spark" }
    public var looksFor: String {
        "a saved Spark ML pipeline or model: metadata/part-00000 and stages/ or data/"
    }
    public var optionReference: [EngineOptionDescription] { SparkOptions.reference }

    public func check(_ options: EngineOptions) throws(ServingError) {
        _ = try SparkOptions(options)
    }

    public func recognise(_ files: ModelFiles) -> Recognition? {
        if Self.isSaved(files, "") {
            return Recognition(framework: "Spark MLlib", entry: Self.wholeDirectory)
        }
        let folders = files.entries.filter {
            $0.isDirectory && !$0.name.contains("/") && Self.isSaved(files, $0.name + "/")
        }
        guard let first = folders.first else { return nil }
        return Recognition(
            framework: "Spark MLlib", entry: folders.count == 1 ? first.name : Self.ambiguousEntry)
    }

    /// Whether a directory looks as Spark leaves it: metadata, and beside it stages, learnt values,
    /// or nothing for a stage that learns nothing.
    private static func isSaved(_ files: ModelFiles, _ prefix: String) -> Bool {
        guard
            let part = files.entries.first(where: {
                $0.name.hasPrefix(prefix + "metadata/part-") && !$0.isDirectory && $0.byteCount > 0
            })
        else { return false }
        return MetadataGlance.isSpark(files.path(of: part.name))
    }

    /// Looks into the ends of the Parquet files, which say how many values they hold.
    public func estimate(_ source: ModelSource) throws(ServingError) -> ResourceEstimate {
        try Self.checkEntry(source)
        return ResourceEstimate(memoryBytes: try MemoryEstimate.bytes(SavedFiles(source)))
    }

    public func load(_ source: ModelSource, _ environment: EngineEnvironment)
        throws(ServingError) -> any LoadedModel
    {
        let options = try SparkOptions(source.options)
        try Self.checkEntry(source)
        do throws(ServingError) {
            return try SparkModel(
                SavedFiles(source), options, concurrencyMaximum: environment.budget.processors)
        } catch {
            throw error.inContext("cannot load \(source.entryPath)")
        }
    }

    public func availability(_ environment: EngineEnvironment) -> EngineAvailability {
        .available(version: "built in", path: nil)
    }

    private static func checkEntry(_ source: ModelSource) throws(ServingError) {
        guard source.entry == ambiguousEntry else { return }
        throw ServingError(
            .modelInvalid,
            "\(source.files.directory) holds several saved Spark models; leave only one")
    }
}
