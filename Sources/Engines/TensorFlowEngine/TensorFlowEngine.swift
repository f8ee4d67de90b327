public import EngineInterface
import NativeLibrary
public import ServingCore

/// TensorFlow SavedModels, run by TensorFlow's C library.
///
/// A version directory is claimed for its `saved_model.pb`, or for Triton's
/// `model.savedmodel/saved_model.pb`; recognising reads only names and works without the library.
public struct TensorFlowEngine: Engine {
    /// Makes the engine; the library is opened at the first load.
    public init() {}

    public var name: String { "tensorflow" }
    public var looksFor: String {
        "a SavedModel: \(SavedModelPlace.files.joined(separator: " or "))"
    }
    public var optionReference: [EngineOptionDescription] { TensorFlowOptions.reference }

    public func check(_ options: EngineOptions) throws(ServingError) {
        _ = try TensorFlowOptions(options)
    }

    public func recognise(_ files: ModelFiles) -> Recognition? {
        for name in SavedModelPlace.files + SavedModelPlace.textFiles {
            guard let entry = files.entry(name), !entry.isDirectory else { continue }
            return Recognition(framework: "TensorFlow SavedModel", entry: name)
        }
        return nil
    }

    public func estimate(_ source: ModelSource) throws(ServingError) -> ResourceEstimate {
        let place = try SavedModelPlace(source)
        return ResourceEstimate(
            memoryBytes: MemoryEstimate.bytes(
                graph: place.graphBytes, variables: place.variableBytes))
    }

    public func load(_ source: ModelSource, _ environment: EngineEnvironment)
        throws(ServingError) -> any LoadedModel
    {
        let options = try TensorFlowOptions(source.options)
        let place = try SavedModelPlace(source)
        let graph = try place.read().graph(tagged: options.tags, in: place.path)
        try place.checkVariables(of: graph)
        let library = try TensorFlowLibrary.shared(environment)
        do throws(ServingError) {
            let session = try TensorFlowSession(
                library, place.directory, options, environment.budget)
            return try TensorFlowModel(
                session, graph, options, concurrencyMaximum: environment.budget.processors)
        } catch {
            throw error.inContext("cannot load \(place.path)")
        }
    }

    public func availability(_ environment: EngineEnvironment) -> EngineAvailability {
        do throws(ServingError) {
            let library = try TensorFlowLibrary.shared(environment)
            return .available(version: library.version, path: library.path)
        } catch {
            return .missing(error)
        }
    }

    public func installation(_ environment: EngineEnvironment) -> EngineAvailability {
        do throws(ServingError) {
            let search = LibrarySearch.ofThisProcess(
                configuredDirectories: environment.libraryDirectories)
            guard let found = try NativeLibrary.installed(TensorFlowLibrary.specification, search)
            else { return availability(environment) }
            return .available(version: found.version, path: found.path)
        } catch {
            return .missing(error)
        }
    }
}
