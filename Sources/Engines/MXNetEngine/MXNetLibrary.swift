import CMXNet
import EngineInterface
import Glibc
import NativeLibrary
import ServingCore
import Synchronization

/// The opened library with its operators and the lanes in which it runs; shared by all models.
///
/// `@unchecked Sendable`: the functions are set once; they may be called from any thread as long as
/// a predictor is used by one at a time, which the lanes see to.
final class MXNetLibrary: @unchecked Sendable {
    /// The library as `slipway engines install` installs it.
    static let specification = LibrarySpecification(
        engine: "mxnet", version: "1.9.1", fileNames: ["libmxnet.so"],
        installCommand: "slipway engines install mxnet")

    private static let opened = Mutex<MXNetLibrary?>(nil)

    let functions: MXNetFunctions
    /// `1.9.1`
    let version: String
    /// Where it was found.
    let path: String
    /// Names of all operators.
    let operators: Set<String>
    /// Where predictors live.
    let lanes: PredictorLanes

    /// Opens the library, once a process.
    ///
    /// - Throws: `library_missing`; `resource_exhausted` when threads cannot be started.
    static func shared(_ environment: EngineEnvironment) throws(ServingError) -> MXNetLibrary {
        let result = opened.withLock { opened -> Result<MXNetLibrary, ServingError> in
            if let opened { return .success(opened) }
            do throws(ServingError) {
                let library = try MXNetLibrary(environment)
                opened = library
                return .success(library)
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    private init(_ environment: EngineEnvironment) throws(ServingError) {
        Self.prepareProcess()
        let search = LibrarySearch.ofThisProcess(
            configuredDirectories: environment.libraryDirectories)
        let library = try NativeLibrary.open(Self.specification, search)
        functions = try MXNetFunctions(library)
        path = library.path
        var number: Int32 = 0
        guard functions.version(&number) == 0, number / 10_000 == 1 else {
            throw library.unusable("it is not MXNet 1 (version number \(number))")
        }
        version = "\(number / 10_000).\(number / 100 % 100).\(number % 100)"
        operators = Self.operators(functions)
        lanes = PredictorLanes()
    }

    /// What the library reads from the environment when it starts: the engine that computes on the
    /// calling thread (8 us a call of a small network instead of 66 to 113), one thread of OpenMP
    /// unless a thread asks for more, and no remark for every predictor on standard error.
    private static func prepareProcess() {
        setenv("MXNET_ENGINE_TYPE", "NaiveEngine", 1)
        setenv("OMP_NUM_THREADS", "1", 0)
        setenv("MXNET_SUBGRAPH_VERBOSE", "0", 0)
    }

    private static func operators(_ functions: MXNetFunctions) -> Set<String> {
        var count: UInt32 = 0
        var names: UnsafeMutablePointer<UnsafePointer<CChar>?>?
        guard functions.operatorNames(&count, &names) == 0, let names else { return [] }
        return Set((0..<Int(count)).compactMap { names[$0].map { String(cString: $0) } })
    }

    /// The words of the last failure on this thread, without the library's files and stack.
    func lastError() -> String {
        guard let text = functions.lastError() else { return "MXNet gives no reason" }
        return MXNetFailure.words(String(cString: text))
    }

    /// Runs `body` with NumPy's or the older meaning of shapes on this thread.
    func withShapes<Result>(numpy: Bool, _ body: () throws(ServingError) -> Result)
        throws(ServingError) -> Result
    {
        guard numpy else { return try body() }
        var previous: Int32 = 0
        _ = functions.setNumpyShapes(1, &previous)
        defer {
            var ignored: Int32 = 0
            _ = functions.setNumpyShapes(previous, &ignored)
        }
        return try body()
    }
}

/// MXNet's failures as people should read them.
enum MXNetFailure {
    /// Takes `[12:00:00] ../src/file.cc:12: words\nStack trace:...` down to the words.
    static func words(_ text: String) -> String {
        var lines: [Substring] = []
        for line in text.split(separator: "\n") {
            if line.hasPrefix("Stack trace") { break }
            lines.append(line)
        }
        var result = lines.joined(separator: "; ")
        // `[12:00:00] file.cc:12: `, maybe after `MXNetError: `.
        while let place = result.firstRange(of: "] ../"), let end = afterPlace(result, place) {
            result = String(result[end...])
        }
        if let range = result.firstRange(of: "Check failed: ") {
            result.removeSubrange(range)
        }
        return result.isEmpty ? "MXNet gives no reason" : result.clipped(to: 1024)
    }

    private static func afterPlace(_ text: String, _ place: Range<String.Index>) -> String.Index? {
        // The first two colons and a blank end the place: `../src/file.cc:12: `.
        text[place.upperBound...].firstRange(of: ": ")?.upperBound
    }
}
