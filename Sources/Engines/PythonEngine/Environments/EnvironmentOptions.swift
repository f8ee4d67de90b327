import EngineInterface
import ServingCore

/// A model's options about the Python that it runs in, read and checked.
struct EnvironmentOptions: Sendable {
    /// The names of these options.
    static let names = [
        "environment", "environment_timeout", "offline", "python", "requirements", "wheels",
    ]
    /// How long the making of an environment may take without the option, in seconds.
    static let timeoutDefault = 1800

    /// Directory of an existing environment, used as it is.
    let environment: String?
    /// An interpreter's path or name, or a version such as `3.11`.
    let python: String?
    /// A requirements file, or `none`.
    let requirements: String?
    /// Directory of wheels.
    let wheels: String?
    /// Whether nothing but the wheels may be used; nil to decide by their presence.
    let offline: Bool?
    /// How long making may take.
    let timeout: Duration
    /// Whether the model may execute code of its own.
    let allowsCode: Bool

    /// Reads them.
    ///
    /// - Throws: `configuration_invalid` for a wrong kind of value, or options that exclude one
    ///   another.
    init(_ options: EngineOptions) throws(ServingError) {
        environment = try options.text("environment")
        python = try Self.python(options)
        requirements = try options.text("requirements")
        wheels = try options.text("wheels")
        offline = try options.boolean("offline")
        let seconds = try options.integer("environment_timeout", in: 1...86_400)
        timeout = .seconds(seconds ?? Self.timeoutDefault)
        allowsCode = try options.boolean("allow_code") ?? false
        guard environment != nil else { return }
        for name in ["python", "requirements", "wheels", "offline"]
        where options.values[name] != nil {
            throw ServingError(
                .configurationInvalid,
                "option 'environment' names an environment that is used as it is, so option "
                    + "'\(name)' has no meaning beside it; remove one of them")
        }
    }

    private static func python(_ options: EngineOptions) throws(ServingError) -> String? {
        let text = try options.text("python")
        guard let text, text.isEmpty || text.utf8.contains(0) else { return text }
        throw ServingError(
            .configurationInvalid, "option 'python' is no path and no version; write it as '3.11'")
    }

    /// Whether `python` names a version and not a program.
    var wantedVersion: String? {
        guard let python, python.utf8.allSatisfy({ $0 == 0x2E || (0x30...0x39).contains($0) })
        else { return nil }
        return python
    }

    /// What `slipway engines` prints.
    static let reference = [
        EngineOptionDescription(
            name: "python", values: "a path, or a version in quotes such as '3.11'",
            defaultText: "$SLIPWAY_PYTHON, then python3",
            meaning: "the interpreter that runs the model, or that its environment is made from"),
        EngineOptionDescription(
            name: "environment", values: "a directory", defaultText: "none",
            meaning: "an existing virtual or conda environment, used as it is"),
        EngineOptionDescription(
            name: "requirements", values: "a file, or none",
            defaultText: "requirements.txt beside the model, or what MLmodel names",
            meaning: "what the environment of the model holds; needs allow_code"),
        EngineOptionDescription(
            name: "wheels", values: "a directory", defaultText: "wheels beside the model",
            meaning: "packages to install from"),
        EngineOptionDescription(
            name: "offline", values: "true or false", defaultText: "true when there are wheels",
            meaning: "whether nothing but the wheels may be installed"),
        EngineOptionDescription(
            name: "environment_timeout", values: "1 to 86400 seconds",
            defaultText: "\(timeoutDefault)",
            meaning: "how long the making of the environment may take"),
    ]
}
