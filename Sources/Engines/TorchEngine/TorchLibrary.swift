import CTorchShim
import EngineInterface
import NativeLibrary
import ServingCore
import Synchronization

/// The opened shim, and libtorch behind it; neither is ever closed.
final class TorchLibrary: Sendable {
    /// The shim as `scripts/build-torch-shim` builds it, beside libtorch.
    static let specification = LibrarySpecification(
        engine: "torch", version: "2.13.0", fileNames: ["libslipway_torch.so"],
        installCommand: "slipway engines install torch")

    private static let opened = Mutex<[String: TorchLibrary]>([:])

    /// The shim's functions.
    let functions: TorchFunctions
    /// The version of libtorch that the shim was built for: `2.13.0`.
    let version: String
    /// Where the shim was found.
    let path: String

    /// Opens the library and sizes its threads, once for all models of this process.
    ///
    /// The first caller's budget sizes the threads that one run may use.
    ///
    /// - Throws: `library_missing`; `resource_exhausted` when torch does not start.
    static func shared(_ environment: EngineEnvironment) throws(ServingError) -> TorchLibrary {
        let library = try TorchLibrary(environment)
        let result = opened.withLock { opened -> Result<TorchLibrary, ServingError> in
            if let earlier = opened[library.path] { return .success(earlier) }
            do throws(TorchFailure) {
                let threads = Int32(clamping: environment.budget.processors)
                try library.functions.check { library.functions.start(threads, $0) }
            } catch {
                return .failure(
                    ServingError(.resourceExhausted, "PyTorch does not start: \(error.message)"))
            }
            opened[library.path] = library
            return .success(library)
        }
        return try result.get()
    }

    /// Opens the library only; for `availability`.
    init(_ environment: EngineEnvironment) throws(ServingError) {
        let search = LibrarySearch.ofThisProcess(
            configuredDirectories: environment.libraryDirectories)
        let library = try NativeLibrary.open(Self.specification, search)
        functions = try TorchFunctions(library)
        version = functions.version().map { String(cString: $0) } ?? ""
        path = library.path
    }
}
