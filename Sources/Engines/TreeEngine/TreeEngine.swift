import EngineDocuments
public import EngineInterface
public import ServingCore

/// XGBoost and LightGBM models, evaluated by this program itself, in its own process.
///
/// A version directory is claimed for a file with a usual name, or for the only file in it that
/// begins as one of these models does.
public struct TreeEngine: Engine {
    /// Makes the engine.
    public init() {}

    public var name: String { "trees" }
    public var looksFor: String {
        "xgboost.json, model.json, *.ubj, model.xgb, model.bst, model.txt, model.lgb: XGBoost's JSON, "
            + "UBJSON or old binary form, LightGBM's text"
    }
    public var optionReference: [EngineOptionDescription] { TreeOptions.reference }

    public func check(_ options: EngineOptions) throws(ServingError) {
        _ = try TreeOptions(options)
    }

    public func recognise(_ files: ModelFiles) -> Recognition? {
        let models = TreeFiles.models(files)
        guard let first = models.first else {
            // To load it tells what is wrong with it, which "no engine recognises" would not.
            return TreeFiles.damaged(files).map {
                Recognition(framework: "XGBoost or LightGBM", entry: $0, isFallback: true)
            }
        }
        return Recognition(
            framework: first.format.framework,
            entry: models.count == 1 ? first.name : TreeFiles.ambiguousEntry)
    }

    public func estimate(_ source: ModelSource) throws(ServingError) -> ResourceEstimate {
        let size = try Self.entry(of: source).byteCount
        return ResourceEstimate(memoryBytes: TreeMemory.bytes(ofFile: size))
    }

    public func load(_ source: ModelSource, _ environment: EngineEnvironment)
        throws(ServingError) -> any LoadedModel
    {
        let options = try TreeOptions(source.options)
        _ = try Self.entry(of: source)
        let file = try FileContent(source.entryPath)
        defer { withExtendedLifetime(file) {} }
        do throws(ServingError) {
            return try Self.model(
                file.bytes, options, concurrencyMaximum: environment.budget.processors)
        } catch {
            throw error.inContext("cannot load \(source.entryPath)")
        }
    }

    /// Reads the bytes of a model file, of any form, as `load` does.
    ///
    /// - Throws: `model_invalid`; `configuration_invalid` for options that the model cannot follow.
    public static func model(
        _ bytes: UnsafeRawBufferPointer, options: EngineOptions = EngineOptions([:])
    ) throws(ServingError) -> any LoadedModel {
        try model(bytes, TreeOptions(options), concurrencyMaximum: 1)
    }

    private static func model(
        _ bytes: UnsafeRawBufferPointer, _ options: TreeOptions, concurrencyMaximum: Int
    ) throws(ServingError) -> any LoadedModel {
        let content = try TreeModelContent(bytes, options)
        return TreeModel(content, options, concurrencyMaximum: concurrencyMaximum)
    }

    public func availability(_ environment: EngineEnvironment) -> EngineAvailability {
        .available(version: "XGBoost to 3.2, LightGBM to 4.7", path: nil)
    }

    private static func entry(of source: ModelSource) throws(ServingError) -> ModelFiles.Entry {
        if let entry = source.files.entry(source.entry), !entry.isDirectory { return entry }
        let names = TreeFiles.models(source.files).map(\.name)
        guard source.entry == TreeFiles.ambiguousEntry, !names.isEmpty else {
            throw ServingError(.modelInvalid, "\(source.files.directory) has no \(source.entry)")
        }
        throw ServingError(
            .modelInvalid,
            "\(source.files.directory) holds \(names.joined(separator: ", ").clipped()); leave only "
                + "one model in it, or name the one to load xgboost.json or model.txt")
    }
}

/// How much memory a load takes at most, by the size of the file.
enum TreeMemory {
    /// Bytes for each byte of the file: the file itself, a tree's arrays while it is read, the nodes.
    private static let perFileByte = 8
    private static let perModel = 2 << 20

    static func bytes(ofFile size: Int) -> Int {
        let (scaled, overflow) = size.multipliedReportingOverflow(by: perFileByte)
        let (sum, overflow2) = scaled.addingReportingOverflow(perModel)
        return overflow || overflow2 ? .max : sum
    }
}
