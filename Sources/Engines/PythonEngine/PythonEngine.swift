public import EngineInterface
import Glibc
public import ServingCore
import WorkerProcess

/// Models of Python's frameworks, and a user's own `model.py`, in Python processes of their own.
///
/// The worker is a package of plain Python that this program carries; it speaks the protocol of
/// docs/worker-protocol.md. What runs code of the model's files is refused unless the model's
/// options allow it.
public struct PythonEngine: Engine {
    /// Makes the engine; no Python is started before a load.
    public init() {}

    public var name: String { "python" }
    public var looksFor: String {
        "model.py, MLmodel, model.pkl, model.joblib, model.skops, model.keras, model.h5, model.cbm, "
            + "or a single file with one of these endings"
    }
    public var optionReference: [EngineOptionDescription] { PythonOptions.reference }

    public func check(_ options: EngineOptions) throws(ServingError) {
        _ = try PythonOptions(options)
    }

    public func recognise(_ files: ModelFiles) -> Recognition? {
        guard let entry = PythonForm.entry(in: files) else { return nil }
        let form = PythonForm(entry: entry)
        // What the native reader of pipelines recognises is its own.
        return Recognition(
            framework: form?.framework ?? "Python", entry: entry, isFallback: form == .spark)
    }

    public func estimate(_ source: ModelSource) throws(ServingError) -> ResourceEstimate {
        ResourceEstimate(
            memoryBytes: MemoryEstimate.bytes(
                of: try Self.form(of: source), fileBytes: source.files.byteCount,
                workers: source.worker.count))
    }

    public func load(_ source: ModelSource, _ environment: EngineEnvironment)
        throws(ServingError) -> any LoadedModel
    {
        guard source.worker.isolation != .inProcess else {
            throw ServingError(
                .configurationInvalid,
                "'isolation: in_process' is not for engine python, which runs in processes of its "
                    + "own; remove it, or write 'isolation: process'")
        }
        let options = try PythonOptions(source.options)
        let form = try Self.form(of: source)
        try options.requireAllowed(form, entry: source.entry)
        try EntryCheck.check(source, form)
        do throws(ServingError) {
            return try start(source, form, options, environment)
        } catch {
            throw error.inContext("cannot load \(source.entryPath)")
        }
    }

    public func availability(_ environment: EngineEnvironment) -> EngineAvailability {
        do throws(ServingError) {
            let python = try PythonEnvironments.systemPython()
            return .available(version: python.version, path: python.path)
        } catch {
            return .missing(error)
        }
    }

    private func start(
        _ source: ModelSource, _ form: PythonForm, _ options: PythonOptions,
        _ environment: EngineEnvironment
    ) throws(ServingError) -> any LoadedModel {
        let package = try WorkerPackage.directory()
        let interpreter = try PythonEnvironments.interpreter(
            for: source, packageDirectory: package,
            progress: EnvironmentProgress.teller(source, environment))
        let launch = WorkerLaunch(
            executable: interpreter.path,
            arguments: interpreter.arguments + ["-I", "-X", "utf8", package],
            environment: interpreter.environment, workingDirectory: source.files.directory)
        return try WorkerModel.load(
            launch, engine: name, source: source, environment: environment,
            lanes: options.lanes(for: form),
            parameters: [
                ("loader", form.loader), ("allow_code", options.allowsCode ? "true" : "false"),
            ])
    }

    private static func form(of source: ModelSource) throws(ServingError) -> PythonForm {
        guard source.entry != PythonForm.ambiguousEntry, let form = PythonForm(entry: source.entry)
        else {
            let names = PythonForm.candidates(in: source.files).joined(separator: ", ")
            throw ServingError(
                .modelInvalid,
                "\(source.files.directory) holds \(names.clipped()); give the one to load a name that "
                    + "begins with 'model.', or leave only one")
        }
        return form
    }
}
