import CONNXRuntime
import EngineDocuments
public import EngineInterface
import NativeLibrary
public import ServingCore

/// ONNX models, run by ONNX Runtime in this process.
///
/// A version directory is claimed for its `model.onnx`, or for the only `.onnx` file in it. Weights
/// outside that file are found by the names that it gives, within the version directory.
public struct ONNXEngine: Engine {
    /// The entry that is claimed for a directory with several `.onnx` files, none of them
    /// `model.onnx`: to estimate or load it fails with the names and what to do.
    static let ambiguousEntry = "*.onnx"

    /// Makes the engine; the library is opened at the first load.
    public init() {}

    public var name: String { "onnxruntime" }
    public var looksFor: String { "model.onnx, or a single *.onnx file" }
    public var optionReference: [EngineOptionDescription] { ONNXOptions.reference }

    public func check(_ options: EngineOptions) throws(ServingError) {
        _ = try ONNXOptions(options)
    }

    public func recognise(_ files: ModelFiles) -> Recognition? {
        if let entry = files.entry("model.onnx"), !entry.isDirectory {
            return Recognition(framework: "ONNX", entry: entry.name)
        }
        let found = files.files(endingWith: ".onnx")
        guard let first = found.first else { return nil }
        return Recognition(
            framework: "ONNX", entry: found.count == 1 ? first.name : Self.ambiguousEntry)
    }

    /// Reads the model file, which says how many nodes and values there are and which other files
    /// hold weights; that memory is given back at once.
    public func estimate(_ source: ModelSource) throws(ServingError) -> ResourceEstimate {
        _ = try Self.entry(of: source)
        let content = try ModelContent(source)
        let byteCount = try content.weightEntries().reduce(content.model.bytes.count) {
            let (sum, overflow) = $0.addingReportingOverflow($1.entry.byteCount)
            return overflow ? .max : sum
        }
        return ResourceEstimate(
            memoryBytes: MemoryEstimate.bytes(of: content.file, fileBytes: byteCount))
    }

    public func load(_ source: ModelSource, _ environment: EngineEnvironment)
        throws(ServingError) -> any LoadedModel
    {
        let options = try ONNXOptions(source.options)
        _ = try Self.entry(of: source)
        let runtime = try ONNXRuntime.shared(environment)
        let content = try ModelContent(source)
        let weights = try content.weights()
        do throws(ServingError) {
            let session = try ONNXSession(
                runtime, content, weights, options, environment.budget)
            let interface = try SessionInterface(runtime, session.handle, content.file)
            let properties = content.file.allProperties + interface.properties
            return try ONNXModel(
                session, interface, properties: properties,
                concurrencyMaximum: environment.budget.processors)
        } catch {
            throw error.inContext("cannot load \(source.entryPath)")
        }
    }

    public func availability(_ environment: EngineEnvironment) -> EngineAvailability {
        do throws(ServingError) {
            let (library, base) = try ONNXRuntime.open(environment)
            let version = String(cString: base.GetVersionString())
            return .available(version: version, path: library.path)
        } catch {
            return .missing(error)
        }
    }

    private static func entry(of source: ModelSource) throws(ServingError) -> ModelFiles.Entry {
        if let entry = source.files.entry(source.entry), !entry.isDirectory { return entry }
        let names = source.files.files(endingWith: ".onnx").map(\.name)
        guard !names.isEmpty else {
            throw ServingError(.modelInvalid, "\(source.files.directory) has no \(source.entry)")
        }
        throw ServingError(
            .modelInvalid,
            "\(source.files.directory) holds \(names.joined(separator: ", ").clipped()); name the "
                + "one to load model.onnx, or leave only one .onnx file")
    }
}
