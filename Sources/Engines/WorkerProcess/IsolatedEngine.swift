public import EngineInterface
import Glibc
public import ServingCore

/// Any engine, in worker processes: files are looked at here, models are loaded and run there.
///
/// No library of the engine is opened in this process, unless a model asks to run in it.
public struct IsolatedEngine: Engine {
    private let wrapped: any Engine
    private let usual: WorkerSettings.Isolation
    private let executable: String?

    /// What a worker takes by itself, without a model.
    private static let workerBytes = 24 << 20

    /// Wraps an engine.
    ///
    /// - Parameters:
    ///   - usual: Where models run that do not say.
    ///   - executable: The program to start as `… worker`, absolute; nil for `WorkerHost.executable`.
    public init(
        _ wrapped: any Engine, usually usual: WorkerSettings.Isolation = .process,
        executable: String? = nil
    ) {
        self.wrapped = wrapped
        self.usual = usual
        self.executable = executable
    }

    public var name: String { wrapped.name }
    public var looksFor: String { wrapped.looksFor }
    public var optionReference: [EngineOptionDescription] { wrapped.optionReference }

    public func check(_ options: EngineOptions) throws(ServingError) {
        try wrapped.check(options)
    }

    public func recognise(_ files: ModelFiles) -> Recognition? { wrapped.recognise(files) }

    /// A library that usually runs in processes of its own is not opened in this one.
    public func availability(_ environment: EngineEnvironment) -> EngineAvailability {
        usual == .process
            ? wrapped.installation(environment) : wrapped.availability(environment)
    }

    public func installation(_ environment: EngineEnvironment) -> EngineAvailability {
        wrapped.installation(environment)
    }

    public func estimate(_ source: ModelSource) throws(ServingError) -> ResourceEstimate {
        let one = try wrapped.estimate(source)
        guard isolation(source) == .process else { return one }
        let (bytes, overflow) = one.memoryBytes.addingReportingOverflow(Self.workerBytes)
        let (all, overflow2) = bytes.multipliedReportingOverflow(by: max(1, source.worker.count))
        return ResourceEstimate(memoryBytes: overflow || overflow2 ? .max : all)
    }

    public func load(_ source: ModelSource, _ environment: EngineEnvironment)
        throws(ServingError) -> any LoadedModel
    {
        guard isolation(source) == .process else { return try wrapped.load(source, environment) }
        try wrapped.check(source.options)
        guard let executable = executable ?? WorkerHost.executable else {
            throw ServingError(
                .configurationInvalid,
                "this program has no 'worker' to run model \(source.identity) in; write "
                    + "'isolation: in_process'")
        }
        let processors = source.worker.processors ?? environment.budget.processors
        return try WorkerModel.load(
            WorkerLaunch(
                executable: executable, arguments: ["worker"],
                // A crash is told at once, and by its own signal; tracing one takes seconds.
                environment: ["SWIFT_BACKTRACE": "enable=no"],
                workingDirectory: Self.currentDirectory),
            engine: name, source: source, environment: environment,
            lanes: max(Self.lanesMinimum, processors))
    }

    /// Lanes that a worker has at least: runs that nobody waits for any more keep theirs for a while.
    private static let lanesMinimum = 4

    private func isolation(_ source: ModelSource) -> WorkerSettings.Isolation {
        source.worker.isolation ?? usual
    }

    /// Where the server works: libraries and relative paths are found from there.
    private static var currentDirectory: String {
        guard let path = getcwd(nil, 0) else { return "/" }
        defer { free(path) }
        return String(cString: path)
    }
}
