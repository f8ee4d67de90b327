import CTensorFlow
import Glibc
import ServingCore

/// A graph with the session that runs it, its variables restored and its tables filled.
///
/// `@unchecked Sendable`: the pointers are set once, and `TF_SessionRun` may be called from several
/// threads (`c_api.h`); both are released when nobody holds this any more.
final class TensorFlowSession: @unchecked Sendable {
    let library: TensorFlowLibrary
    /// The session.
    let handle: OpaquePointer
    /// Its graph.
    let graph: OpaquePointer

    /// Loads a SavedModel, and runs what it has to run first.
    ///
    /// - Throws: `model_invalid`; `resource_exhausted`.
    init(
        _ library: TensorFlowLibrary, _ directory: String, _ options: TensorFlowOptions,
        _ budget: CPUBudget
    ) throws(ServingError) {
        let status = try TensorFlowStatus(library)
        guard let graph = library.newGraph() else {
            throw ServingError(.resourceExhausted, "no memory for a graph")
        }
        do throws(ServingError) {
            let settings = try Self.settings(library, options.configuration(budget))
            defer { library.deleteSessionOptions(settings) }
            handle = try Self.load(
                library, settings, directory, options.tags, graph, status)
        } catch {
            library.deleteGraph(graph)
            throw error
        }
        self.library = library
        self.graph = graph
    }

    deinit {
        if let status = library.newStatus() {
            library.closeSession(handle, status)
            library.deleteSession(handle, status)
            library.deleteStatus(status)
        }
        library.deleteGraph(graph)
    }

    private static func settings(_ library: TensorFlowLibrary, _ configuration: [UInt8])
        throws(ServingError) -> OpaquePointer
    {
        guard let settings = library.newSessionOptions() else {
            throw ServingError(.resourceExhausted, "no memory for a session")
        }
        let status: TensorFlowStatus
        do throws(ServingError) {
            status = try TensorFlowStatus(library)
        } catch {
            library.deleteSessionOptions(settings)
            throw error
        }
        library.setConfig(settings, configuration, configuration.count, status.handle)
        if let failure = status.failure {
            library.deleteSessionOptions(settings)
            throw failure.loading(version: library.version)
        }
        return settings
    }

    private static func load(
        _ library: TensorFlowLibrary, _ settings: OpaquePointer, _ directory: String,
        _ tags: [String], _ graph: OpaquePointer, _ status: borrowing TensorFlowStatus
    ) throws(ServingError) -> OpaquePointer {
        let copies = tags.map { strdup($0) }
        defer { for copy in copies { free(copy) } }
        let list = copies.map { UnsafePointer($0) }
        let session = library.loadSession(
            settings, nil, directory, list, Int32(clamping: list.count), graph, nil, status.handle)
        if let failure = status.failure { throw failure.loading(version: library.version) }
        guard let session else {
            throw ServingError(.modelInvalid, "TensorFlow gives no session and no reason")
        }
        return session
    }
}
