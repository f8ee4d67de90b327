import CONNXRuntime
import EngineInterface
import NativeLibrary
import ServingCore
import Synchronization

/// The opened library with its one environment: thread pools and log, shared by all models.
///
/// Neither is ever released: models come and go, and the library does not survive unloading.
///
/// `@unchecked Sendable`: the pointers are set once; the table is constant and the objects behind
/// the others may be used from any thread (ONNX Runtime's documentation of `OrtEnv`, `OrtAllocator`).
final class ONNXRuntime: @unchecked Sendable {
    /// The library as `slipway engines install` and `scripts/fetch-deps` bring it.
    static let library = LibrarySpecification(
        engine: "onnxruntime", version: "1.31.1",
        fileNames: ["libonnxruntime.so", "libonnxruntime.so.1", "libonnxruntime.so.1.31.1"],
        installCommand: "slipway engines install onnxruntime")
    /// The oldest interface that has every function used here: that of version 1.18.
    static let interfaceVersion: UInt32 = 18

    private static let opened = Mutex<[String: ONNXRuntime]>([:])

    /// The table of functions.
    let api: ONNXTable
    /// The library's version: `1.31.1`.
    let version: String
    /// The environment.
    let environment: OpaquePointer
    /// The allocator of names that functions give back.
    let allocator: OpaquePointer
    /// Says that tensors lie in ordinary memory.
    let memoryInfo: OpaquePointer

    /// Opens the library and makes the environment, once for all engines of this process.
    ///
    /// The first caller's budget sizes the shared thread pools.
    ///
    /// - Throws: `library_missing`; `resource_exhausted` when threads cannot be started.
    static func shared(_ environment: EngineEnvironment) throws(ServingError) -> ONNXRuntime {
        let (library, base) = try open(environment)
        // Not `withLock` with a throwing body alone: the typed error has to come through as it is.
        let result = opened.withLock { opened -> Result<ONNXRuntime, ServingError> in
            if let runtime = opened[library.path] { return .success(runtime) }
            do throws(ServingError) {
                let runtime = try ONNXRuntime(library, base, environment.budget)
                opened[library.path] = runtime
                return .success(runtime)
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    /// Opens the library only; for `availability`.
    static func open(_ environment: EngineEnvironment) throws(ServingError)
        -> (library: NativeLibrary, base: OrtApiBase)
    {
        let search = LibrarySearch.ofThisProcess(
            configuredDirectories: environment.libraryDirectories)
        let library = try NativeLibrary.open(Self.library, search)
        let symbol = try library.symbol("OrtGetApiBase")
        let entry = unsafeBitCast(symbol, to: OrtGetApiBaseFunction.self)
        guard let base = entry() else { throw library.unusable("its OrtGetApiBase gives nothing") }
        return (library, base.pointee)
    }

    private init(_ library: NativeLibrary, _ base: OrtApiBase, _ budget: CPUBudget)
        throws(ServingError)
    {
        let version = String(cString: base.GetVersionString())
        guard let api = base.GetApi(Self.interfaceVersion) else {
            throw library.unusable("it is ONNX Runtime \(version); 1.18 is the oldest that will do")
        }
        do throws(ONNXFailure) {
            environment = try Self.makeEnvironment(api, budget)
            allocator = try api.make { api.pointee.GetAllocatorWithDefaultOptions(&$0) }
            // OrtDeviceAllocator 0, OrtMemTypeDefault 0.
            memoryInfo = try api.make { api.pointee.CreateCpuMemoryInfo(0, 0, &$0) }
        } catch {
            throw ServingError(
                .resourceExhausted, "ONNX Runtime \(version) does not start: \(error.message)")
        }
        self.api = api
        self.version = version
    }

    /// Makes the environment with one pool of threads for all models, which do not spin: an idle
    /// server takes no processor time, and models do not take it from each other.
    private static func makeEnvironment(_ api: ONNXTable, _ budget: CPUBudget) throws(ONNXFailure)
        -> OpaquePointer
    {
        let options = try api.make { api.pointee.CreateThreadingOptions(&$0) }
        defer { api.pointee.ReleaseThreadingOptions(options) }
        let count = Int32(clamping: budget.processors)
        try api.check(api.pointee.SetGlobalIntraOpNumThreads(options, count))
        // Models that run operators side by side have a pool of their own.
        try api.check(api.pointee.SetGlobalInterOpNumThreads(options, 1))
        try api.check(api.pointee.SetGlobalSpinControl(options, 0))
        return try api.make {
            api.pointee.CreateEnvWithCustomLoggerAndGlobalThreadPools(
                { _, _, _, _, _, _ in }, nil, LogSeverity.error, "slipway", options, &$0)
        }
    }
}

/// ONNX Runtime's levels, `OrtLoggingLevel`.
enum LogSeverity {
    static let warning: Int32 = 2
    static let error: Int32 = 3
}
