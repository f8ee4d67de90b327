import Glibc
import Models
public import ServingCore
import Yams

extension Configuration {
    /// The name that the configuration file usually has.
    public static let usualFileName = "slipway.yaml"

    /// Reads the text of a configuration file and reports everything that is wrong with it.
    ///
    /// - Parameters:
    ///   - bytes: YAML in UTF-8, at most `Limits.configurationBytesMaximum` bytes.
    ///   - file: The file's name in messages.
    ///   - baseDirectory: The absolute directory where relative paths start.
    ///   - engines: The names that `engine` may have; empty when any will do.
    ///   - overrides: Flags of the command line, which win over the file.
    public static func reading(
        _ bytes: [UInt8], file: String = usualFileName, baseDirectory: String,
        engines: [String] = [], overrides: ConfigurationOverrides = ConfigurationOverrides()
    ) -> ConfigurationReading {
        var context = ReadingContext(baseDirectory: baseDirectory, engines: engines)
        var configuration = Configuration()
        let root = YAMLDocument.root(of: bytes, &context)
        if let root {
            readMapping(root, "", ConfigurationSchema.root, &context, into: &configuration)
            finish(&configuration, root, overrides, &context)
        }
        return ConfigurationReading(
            file: file, configuration: configuration, problems: context.problems)
    }

    /// Reads a configuration file.
    ///
    /// - Parameters:
    ///   - path: The file; relative to the working directory unless absolute.
    ///   - engines: The names that `engine` may have; empty when any will do.
    ///   - overrides: Flags of the command line, which win over the file.
    /// - Throws: `file_unreadable` when there is nothing to read.
    public static func reading(
        path: String, engines: [String] = [],
        overrides: ConfigurationOverrides = ConfigurationOverrides()
    ) throws(ServingError) -> ConfigurationReading {
        let bytes = try FileBytes.read(
            path, limit: Limits.configurationBytesMaximum, what: "a configuration")
        let absolute = FilePath.absolute(path, in: FilePath.workingDirectory())
        return reading(
            bytes, file: path, baseDirectory: FilePath.directory(of: absolute), engines: engines,
            overrides: overrides)
    }

    /// Reads a configuration file to report on it: one that cannot be read has that as its problem.
    ///
    /// TensorFlow Serving's list of models is recognised and read as one.
    ///
    /// - Parameters: As of `reading(path:engines:overrides:)`.
    public static func examining(path: String, engines: [String] = []) -> ConfigurationReading {
        do throws(ServingError) {
            let foreign =
                if let own = try TritonModelConfiguration.examining(path: path, engines: engines) {
                    own
                } else {
                    try ModelServerConfig.examining(path: path, engines: engines)
                }
            let reading =
                if let foreign { foreign } else { try reading(path: path, engines: engines) }
            let missing = (reading.configuration?.models.models ?? []).filter {
                access($0.baseDirectory, F_OK) != 0
            }
            return reading.adding(
                missing.map {
                    ConfigurationProblem(
                        .warning, at: nil,
                        "model '\($0.name)': there is no directory \($0.baseDirectory) yet; "
                            + "nothing is served until it holds a numbered version")
                })
        } catch {
            return ConfigurationReading(
                file: path, configuration: Configuration(),
                problems: [ConfigurationProblem(.error, at: nil, error.message)])
        }
    }

    /// Makes the configuration of `slipway serve NAME=DIRECTORY ...`: defaults, flags and these
    /// models.
    ///
    /// - Parameters:
    ///   - arguments: Each `NAME=DIRECTORY`; relative directories start at the working directory.
    ///   - overrides: The other flags.
    ///   - engines: The names that `engine` may have; empty when any will do.
    ///   - workingDirectory: Where relative paths start; the process's by default.
    public static func from(
        arguments: [String], overrides: ConfigurationOverrides = ConfigurationOverrides(),
        engines: [String] = [], workingDirectory: String? = nil
    ) -> ConfigurationReading {
        let directory = workingDirectory ?? FilePath.workingDirectory()
        var context = ReadingContext(baseDirectory: directory, engines: engines)
        var models: [Node] = []
        for argument in arguments {
            let parts = argument.split(
                separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else {
                context.add(
                    .error, nil,
                    "'\(argument.clipped(to: 80))' is not NAME=DIRECTORY; write for example "
                        + "digits=./models/digits")
                continue
            }
            models.append(
                Node([
                    (Node("name"), .text(String(parts[0]))),
                    (Node("source"), .text(String(parts[1]))),
                ]))
        }
        let root = Node([(Node("models"), Node(models))])
        var configuration = Configuration()
        readMapping(root, "", ConfigurationSchema.root, &context, into: &configuration)
        finish(&configuration, root, overrides, &context)
        return ConfigurationReading(
            file: "command line", configuration: configuration, problems: context.problems)
    }

    /// Applies the flags, then checks the whole.
    static func finish(
        _ configuration: inout Configuration, _ root: Node, _ overrides: ConfigurationOverrides,
        _ context: inout ReadingContext
    ) {
        overrides.apply(to: &configuration, &context)
        // Values that are wrong by themselves would only be reported again as contradictions.
        guard context.problems.allSatisfy({ $0.severity == .warning }) else { return }
        ConfigurationConsistency(configuration, root).check(&context)
    }
}

extension Node {
    /// A scalar as the command line gives it: without quotes.
    static func text(_ text: String) -> Node { Node(text, .implicit, .plain) }
}
