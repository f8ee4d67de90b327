import EngineInterface
import ServingCore

/// Which Python a model runs in, decided from its options and files; touches nothing.
enum EnvironmentPlan: Equatable, Sendable {
    /// An interpreter as it is.
    case existing(program: String, note: String?)
    /// A virtual environment that holds these requirements.
    case made(MadeEnvironment)
}

/// What an environment is made from.
struct MadeEnvironment: Equatable, Sendable {
    /// The interpreter that makes it, and from which it is made unless another version is wanted.
    var program: String
    /// The version of Python that it must have; nil for that of `program`.
    var version: String?
    /// Absolute path of a requirements file.
    var file: String?
    /// Requirements besides those of the file.
    var lines: [String] = []
    /// Directory of wheels.
    var wheels: String?
    /// Whether nothing but the wheels may be installed.
    var isOffline: Bool
}

extension EnvironmentPlan {
    /// The file that names requirements, beside the model.
    static let requirementsFile = "requirements.txt"
    /// The directory of wheels beside the model.
    static let wheelsDirectory = "wheels"

    /// Decides.
    ///
    /// - Parameter isProgram: Whether a path is a program that may be run.
    /// - Throws: `configuration_invalid` for options that name nothing; `model_invalid` for MLflow
    ///   files that cannot be read, and for requirements of a model that may not execute code.
    init(
        _ source: ModelSource, _ options: EnvironmentOptions, usual: String,
        isProgram: (String) -> Bool
    ) throws(ServingError) {
        let named = try Self.named(source.files, options)
        if let directory = options.environment {
            let note = named == nil ? nil : "the requirements beside the model are not applied: "
                + "option 'environment' names an environment that is used as it is"
            self = .existing(
                program: try Self.program(in: source.files.absolute(directory), isProgram),
                note: note)
            return
        }
        var program = usual
        if options.wantedVersion == nil, let python = options.python {
            program = python.contains("/") ? source.files.absolute(python) : python
        }
        guard var requirements = named else {
            guard options.wantedVersion == nil else {
                // The builder finds that version; an environment with the worker's needs is made.
                self = .made(MadeEnvironment(source.files, options, program))
                return
            }
            self = .existing(program: program, note: nil)
            return
        }
        try Self.requireCode(options, source.files, requirements)
        if options.python != nil { requirements.pythonVersion = nil }
        var made = MadeEnvironment(source.files, options, program)
        made.version = options.wantedVersion ?? requirements.pythonVersion
        made.file = requirements.file.map { source.files.absolute($0) }
        made.lines = requirements.lines
        self = .made(made)
    }

    private static func named(_ files: ModelFiles, _ options: EnvironmentOptions)
        throws(ServingError) -> MLflowRequirements?
    {
        if let file = options.requirements {
            return file == "none" ? nil : MLflowRequirements(file: file)
        }
        if options.environment == nil, files.entry(MLmodel.fileName) != nil {
            let found = try MLflowRequirements(files, MLmodel.read(files))
            return found.file == nil && found.lines.isEmpty ? nil : found
        }
        guard let entry = files.entry(requirementsFile), !entry.isDirectory else { return nil }
        return MLflowRequirements(file: requirementsFile)
    }

    private static func requireCode(
        _ options: EnvironmentOptions, _ files: ModelFiles, _ requirements: MLflowRequirements
    ) throws(ServingError) {
        guard !options.allowsCode else { return }
        throw ServingError(
            .modelInvalid,
            "\(requirements.file.map { files.absolute($0) } ?? files.directory) names packages whose "
                + "code would run here, which this model may not do; write 'allow_code: true' under "
                + "its options if you trust it, 'requirements: none' to run it without them, or name "
                + "an environment of your own with 'environment'")
    }

    private static func program(in directory: String, _ isProgram: (String) -> Bool)
        throws(ServingError) -> String
    {
        let program = directory + "/bin/python"
        guard isProgram(program) else {
            throw ServingError(
                .configurationInvalid,
                "option 'environment' names \(directory), where there is no bin/python that can be "
                    + "run; make one with 'python3 -m venv \(directory)'")
        }
        return program
    }
}

extension MadeEnvironment {
    /// Takes from the options what does not depend on the requirements.
    init(_ files: ModelFiles, _ options: EnvironmentOptions, _ program: String) {
        let beside = files.entry(EnvironmentPlan.wheelsDirectory).flatMap { entry in
            entry.isDirectory ? files.path(of: entry.name) : nil
        }
        let wheels = options.wheels.map { files.absolute($0) } ?? beside
        self.init(
            program: program, version: options.wantedVersion, wheels: wheels,
            isOffline: options.offline ?? (wheels != nil))
    }
}

extension MLflowRequirements {
    /// Requirements that one file names.
    init(file: String) {
        self.file = file
    }
}

extension ModelFiles {
    /// A path as an option gives it: absolute, or relative to the version directory.
    func absolute(_ path: String) -> String {
        path.hasPrefix("/") ? path : directory + "/" + path
    }
}
