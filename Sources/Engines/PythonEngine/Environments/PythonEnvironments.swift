import EngineInterface
import ServingCore

/// Finds or makes the Python that a model runs in: an interpreter as it is, or a virtual environment
/// that is named by its requirements, made on first load and kept.
enum PythonEnvironments {
    /// What the worker itself needs in every environment.
    static let needs = ["numpy"]

    /// The interpreter for a model version; blocks until it is there.
    ///
    /// - Parameters:
    ///   - source: The version; its options say which Python (`EnvironmentOptions`).
    ///   - packageDirectory: The directory that holds the Python package `slipway_worker`.
    ///   - progress: Called with lines for people while an environment is being made.
    ///   - cancellation: Stops the making.
    /// - Throws: `library_missing` without a Python or a way to the packages; `model_invalid` for
    ///   requirements that cannot be met or may not be; `resource_exhausted` for a full disk or a
    ///   time that is up; `configuration_invalid`; `cancelled`.
    static func interpreter(
        for source: ModelSource, packageDirectory: String,
        progress: @escaping @Sendable (String) -> Void,
        cancellation: EnvironmentCancellation = EnvironmentCancellation()
    ) throws(ServingError) -> PythonInterpreter {
        let options = try EnvironmentOptions(source.options)
        let usual = ProgramSearch.variable("SLIPWAY_PYTHON") ?? "python3"
        let plan = try EnvironmentPlan(source, options, usual: usual) {
            ProgramSearch.isProgram($0)
        }
        switch plan {
        case .existing(let program, let note):
            if let note { progress(note) }
            let python = try path(of: program)
            _ = try EnvironmentBuilder.version(of: python, cancellation)
            return PythonInterpreter(path: python, environment: passedOn)
        case .made(let made):
            let builder = EnvironmentBuilder(
                python: try path(of: made.program), packageDirectory: packageDirectory,
                timeout: options.timeout, progress: progress, cancellation: cancellation)
            return PythonInterpreter(
                path: try builder.answer(to: try request(made, source)), environment: passedOn)
        }
    }

    /// Variables of the server that a worker gets as well: where Java is, for Spark.
    private static var passedOn: [String: String] {
        ProgramSearch.variable("JAVA_HOME").map { ["JAVA_HOME": $0] } ?? [:]
    }

    /// Checks the kinds of a model's options about its environment; opens nothing.
    ///
    /// - Throws: `configuration_invalid`.
    static func check(_ options: EngineOptions) throws(ServingError) {
        _ = try EnvironmentOptions(options)
    }

    /// The interpreter of models that say nothing, and its version.
    ///
    /// - Throws: `library_missing` when there is none.
    static func systemPython() throws(ServingError) -> (path: String, version: String) {
        let python = try path(of: ProgramSearch.variable("SLIPWAY_PYTHON") ?? "python3")
        return (python, try EnvironmentBuilder.version(of: python, EnvironmentCancellation()))
    }

    private static func request(_ made: MadeEnvironment, _ source: ModelSource)
        throws(ServingError) -> BuilderRequest
    {
        var request = BuilderRequest("build")
        request.add("cache", try PythonCache.directory())
        request.add("model", "\(source.identity)")
        request.add("directory", source.files.directory)
        request.add("wanted", made.version)
        request.add("requirement_file", made.file)
        request.add("requirement", each: made.lines)
        request.add("need", each: needs)
        request.add("wheels", made.wheels)
        if made.isOffline { request.add("offline", "1") }
        return request
    }

    /// The absolute path of a program that a user names.
    ///
    /// - Throws: `library_missing` when it is not there.
    static func path(of program: String) throws(ServingError) -> String {
        if let path = ProgramSearch.find(program) { return path }
        throw ServingError(
            .libraryMissing,
            "there is no Python here: '\(program.clipped())' is not a program that can be run. Install "
                + "Python 3.9 or newer (Debian: apt install python3 python3-venv), or name one with "
                + "SLIPWAY_PYTHON or the option 'python'")
    }
}
