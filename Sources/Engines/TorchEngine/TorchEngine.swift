import CTorchShim
public import EngineInterface
import Inference
import NativeLibrary
public import ServingCore

/// PyTorch models, run by libtorch through our own shim: TorchScript and compiled packages.
///
/// A version directory is claimed for its `model.pt`, `model.torchscript` or `model.pt2`, or for the
/// only file with such a name. `model.yaml` beside it says what the file leaves open.
public struct TorchEngine: Engine {
    /// The entry that is claimed for a directory with several files of PyTorch.
    static let ambiguousEntry = "*.pt"
    private static let suffixes = [".pt", ".torchscript", ".pt2", ".pth", ".ts"]

    /// Makes the engine; the library is opened at the first load.
    public init() {}

    public var name: String { "torch" }
    public var looksFor: String {
        "model.pt, model.torchscript or model.pt2, or a single file of such a name"
    }
    public var optionReference: [EngineOptionDescription] { TorchOptions.reference }

    public func check(_ options: EngineOptions) throws(ServingError) {
        _ = try TorchOptions(options)
    }

    public func recognise(_ files: ModelFiles) -> Recognition? {
        for suffix in Self.suffixes {
            if let entry = files.entry("model" + suffix), !entry.isDirectory {
                return Recognition(framework: "PyTorch", entry: entry.name)
            }
        }
        let found = Self.suffixes.flatMap { files.files(endingWith: $0) }
        guard let first = found.first else { return nil }
        return Recognition(
            framework: "PyTorch", entry: found.count == 1 ? first.name : Self.ambiguousEntry)
    }

    public func estimate(_ source: ModelSource) throws(ServingError) -> ResourceEstimate {
        _ = try Self.entry(of: source)
        let file = try FileBytes(source.entryPath)
        let unpacked = (try? ZipDirectory(file))?.unpackedByteCount ?? 0
        return ResourceEstimate(
            memoryBytes: MemoryEstimate.bytes(fileBytes: max(file.count, unpacked)))
    }

    public func load(_ source: ModelSource, _ environment: EngineEnvironment)
        throws(ServingError) -> any LoadedModel
    {
        let options = try TorchOptions(source.options)
        _ = try Self.entry(of: source)
        let library = try TorchLibrary.shared(environment)
        do throws(ServingError) {
            let file = try TorchFile(source.entryPath)
            let notes = try Self.notes(beside: source)
            return try Self.load(
                source, file, notes, options, library, environment.budget.processors)
        } catch {
            throw error.inContext("cannot load \(source.entryPath)")
        }
    }

    public func availability(_ environment: EngineEnvironment) -> EngineAvailability {
        do throws(ServingError) {
            let library = try TorchLibrary(environment)
            return .available(version: library.version, path: library.path)
        } catch {
            return .missing(error)
        }
    }

    public func installation(_ environment: EngineEnvironment) -> EngineAvailability {
        do throws(ServingError) {
            let search = LibrarySearch.ofThisProcess(
                configuredDirectories: environment.libraryDirectories)
            guard let found = try NativeLibrary.installed(TorchLibrary.specification, search)
            else { return availability(environment) }
            return .available(version: found.version, path: found.path)
        } catch {
            return .missing(error)
        }
    }

    private static func load(
        _ source: ModelSource, _ file: TorchFile, _ notes: ModelNotes, _ options: TorchOptions,
        _ library: TorchLibrary, _ processors: Int
    ) throws(ServingError) -> TorchModel {
        let concurrency = options.concurrency ?? processors
        let handle =
            switch file {
            case .script: try script(source.entryPath, library)
            case .package:
                try PackageCheck.load(
                    library, source.entryPath, notes, options, runners: concurrency)
            }
        let description = try handle.modelDescription()
        let interface = ModelInterface(
            handle: handle, description: description, notes: notes, options: options)
        let changesModule = description.methods.contains { $0.changesModule }
        return TorchModel(
            handle, try interface.signatures(),
            platform: file == .script ? "pytorch_torchscript" : "pytorch_aotinductor",
            properties: description.metadata, concurrencyMaximum: changesModule ? 1 : concurrency)
    }

    private static func script(_ path: String, _ library: TorchLibrary) throws(ServingError)
        -> TorchHandle
    {
        do throws(TorchFailure) {
            return try TorchHandle(library, path, .script, runners: 1)
        } catch {
            throw error.loading(version: library.version)
        }
    }

    private static func notes(beside source: ModelSource) throws(ServingError) -> ModelNotes {
        guard let entry = source.files.entry(ModelNotes.fileName), !entry.isDirectory else {
            return ModelNotes()
        }
        let file = try FileBytes(source.files.path(of: entry.name))
        guard file.count <= ModelNotesReader.bytesMaximum else {
            throw ServingError(
                .modelInvalid,
                "\(ModelNotes.fileName) has \(file.count) bytes; at most "
                    + "\(ModelNotesReader.bytesMaximum) are read")
        }
        let bytes = try file.read(at: 0, count: file.count)
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw ServingError(.modelInvalid, "\(ModelNotes.fileName) is not UTF-8 text")
        }
        return try ModelNotesReader.read(text)
    }

    private static func entry(of source: ModelSource) throws(ServingError) -> ModelFiles.Entry {
        if let entry = source.files.entry(source.entry), !entry.isDirectory { return entry }
        let names = suffixes.flatMap { source.files.files(endingWith: $0) }.map(\.name)
        guard !names.isEmpty else {
            throw ServingError(.modelInvalid, "\(source.files.directory) has no \(source.entry)")
        }
        throw ServingError(
            .modelInvalid,
            "\(source.files.directory) holds \(names.joined(separator: ", ").clipped()); name the "
                + "one to load model.pt, or leave only one file of PyTorch")
    }
}
