import CONNXRuntime
import EngineDocuments
import ServingCore

/// A session of the library: one loaded model. Releases it when dropped.
///
/// `@unchecked Sendable`: the pointer is set once, and `Run` may be called on it from several
/// threads at a time (ONNX Runtime's documentation of `OrtSession`).
final class ONNXSession: @unchecked Sendable {
    /// The library.
    let runtime: ONNXRuntime
    /// The session; valid while this object is retained.
    let handle: OpaquePointer
    /// Gets the session's warnings for as long as it lives.
    private let log: SessionLog

    /// Loads a model from memory; the bytes are not needed afterwards.
    ///
    /// - Throws: `model_invalid` with the library's reason, or `resource_exhausted`.
    init(
        _ runtime: ONNXRuntime, _ content: ModelContent,
        _ weights: [(name: String, content: FileContent)], _ options: ONNXOptions,
        _ budget: CPUBudget
    ) throws(ServingError) {
        self.runtime = runtime
        let log = SessionLog()
        self.log = log
        do throws(ONNXFailure) {
            handle = try runtime.withSessionOptions(options, budget, log) {
                made throws(ONNXFailure) in
                try Self.add(weights, to: made, runtime.api)
                return try Self.create(runtime, content.model, made)
            }
        } catch {
            let failure = error.loading(content.file, version: runtime.version)
            let said = log.lines.filter { !failure.message.contains($0) }
            guard failure.code == .modelInvalid, !said.isEmpty else { throw failure }
            throw ServingError(
                .modelInvalid, "\(failure.message) (it also says: \(said.joined(separator: "; ")))")
        }
        withExtendedLifetime(weights) {}
    }

    deinit {
        runtime.api.pointee.ReleaseSession(handle)
    }

    private static func create(
        _ runtime: ONNXRuntime, _ model: FileContent, _ options: OpaquePointer
    ) throws(ONNXFailure) -> OpaquePointer {
        defer { withExtendedLifetime(model) {} }
        guard let start = model.bytes.baseAddress else {
            throw ONNXFailure(code: .noModel, rawMessage: "the file is empty")
        }
        return try runtime.api.make {
            runtime.api.pointee.CreateSessionFromArray(
                runtime.environment, start, model.bytes.count, options, &$0)
        }
    }

    /// Hands over weight files by the names under which the model knows them.
    private static func add(
        _ weights: [(name: String, content: FileContent)], to options: OpaquePointer,
        _ api: ONNXTable
    ) throws(ONNXFailure) {
        guard !weights.isEmpty else { return }
        let names = CStringList(weights.map(\.name))
        var contents = weights.map { weight in
            // The library's parameter is not const, but it only reads.
            UnsafeMutablePointer<CChar>(
                mutating: weight.content.bytes.baseAddress?.assumingMemoryBound(to: CChar.self))
        }
        let counts = weights.map(\.content.bytes.count)
        try api.check(
            api.pointee.AddExternalInitializersFromFilesInMemory(
                options, names.start, &contents, counts, weights.count))
        withExtendedLifetime(names) {}
    }
}
