public import EngineInterface
import Inference
import NativeLibrary
public import ServingCore

/// MXNet models (`*-symbol.json` and `*-0000.params`), run by libmxnet's C predict interface.
///
/// A version directory is claimed for its only network, or for weights alone, so that loading these
/// says what is missing. A worker process is the place to run it: the library reads its settings
/// from the environment of the process, and never gives its memory back.
public struct MXNetEngine: Engine {
    /// Makes the engine; the library is opened at the first load.
    public init() {}

    public var name: String { "mxnet" }
    public var looksFor: String { "a *-symbol.json with its *-0000.params" }
    public var optionReference: [EngineOptionDescription] { MXNetOptions.reference }

    public func check(_ options: EngineOptions) throws(ServingError) {
        _ = try MXNetOptions(options)
    }

    public func recognise(_ files: ModelFiles) -> Recognition? {
        MXNetFiles.entry(in: files).map { Recognition(framework: "MXNet", entry: $0) }
    }

    /// Reads both files; that memory is given back at once.
    public func estimate(_ source: ModelSource) throws(ServingError) -> ResourceEstimate {
        let options = try MXNetOptions(source.options)
        let content = try MXNetContent(source, options)
        let lanes = options.predictors(for: .max)
        return ResourceEstimate(memoryBytes: MXNetMemory.bytes(content, lanes: lanes))
    }

    public func load(_ source: ModelSource, _ environment: EngineEnvironment)
        throws(ServingError) -> any LoadedModel
    {
        let options = try MXNetOptions(source.options)
        let content = try MXNetContent(source, options)
        let library = try MXNetLibrary.shared(environment)
        do throws(ServingError) {
            try Operators.check(content.graph, library)
            let lanes = try library.lanes.first(
                options.predictors(for: environment.budget.processors))
            return try MXNetLoading(content, options, library, lanes).model()
        } catch {
            throw error.inContext("cannot load \(source.files.path(of: content.files.symbol))")
        }
    }

    public func availability(_ environment: EngineEnvironment) -> EngineAvailability {
        do throws(ServingError) {
            let library = try MXNetLibrary.shared(environment)
            return .available(version: library.version, path: library.path)
        } catch {
            return .missing(error)
        }
    }

    public func installation(_ environment: EngineEnvironment) -> EngineAvailability {
        do throws(ServingError) {
            let search = LibrarySearch.ofThisProcess(
                configuredDirectories: environment.libraryDirectories)
            guard let found = try NativeLibrary.installed(MXNetLibrary.specification, search)
            else { return availability(environment) }
            return .available(version: found.version, path: found.path)
        } catch {
            return .missing(error)
        }
    }
}

/// How much memory a load takes at most, by the size of the files.
///
/// Measured with MXNet 1.9.1: see `EngineConformance`, which compares the peak with this.
enum MXNetMemory {
    /// Bytes for each node and lane: its kernel, its results for two rows.
    private static let perNode = 16 << 10
    /// Bytes for each lane's scratch memory and the rest.
    private static let perLane = 1 << 20

    /// The files as read, the library's own copy of them while it loads, and the weights of every
    /// lane; never overflows.
    static func bytes(_ content: MXNetContent, lanes: Int) -> Int {
        let (files, overflow) = content.byteCount.multipliedReportingOverflow(by: 3 + lanes)
        let others = lanes * (content.graph.nodes.count * perNode + perLane)
        let (sum, overflow2) = files.addingReportingOverflow(others)
        return overflow || overflow2 ? .max : sum
    }
}

/// Compares the network's operators with those that the library has.
enum Operators {
    /// - Throws: `model_invalid` with the names of those that are missing.
    static func check(_ graph: SymbolGraph, _ library: MXNetLibrary) throws(ServingError) {
        var missing: [String] = []
        for node in graph.nodes {
            guard let name = node.operatorName else { continue }
            if name == "Custom" {
                throw ServingError(
                    .modelInvalid,
                    "node '\(node.name.clipped())' is a custom operator "
                        + "('\((node.attributes["op_type"] ?? "").clipped())') written in Python, "
                        + "which libmxnet cannot run by itself")
            }
            if !library.operators.contains(name), !missing.contains(name) { missing.append(name) }
        }
        guard !missing.isEmpty else { return }
        throw ServingError(
            .modelInvalid,
            "MXNet \(library.version) has no operator \(missing.joined(separator: ", ").clipped())")
    }
}
