import Glibc
import ServingCore
import Slipway

/// Command lines in TensorFlow Serving's spelling: they are read before the argument parser, whose
/// flags have other rules.
enum TensorFlowServingProgram {
    /// Runs as `tensorflow_model_server`, with the original's exit status of -1 for every failure.
    static func runAsOriginal(_ arguments: [String]) -> Int32 {
        do throws(ServingError) {
            return try serve(arguments, .original)
        } catch {
            StandardStream.error.write("error: \(error.message)\n")
            if error.code == .invalidRequest {
                StandardStream.error.write(TensorFlowServingHelp.usage)
            }
            return -1
        }
    }

    /// Runs as `slipway serve`, `config` with TensorFlow Serving's flags; nil when the arguments are not its.
    static func runIfRecognised(_ arguments: [String]) -> Int32? {
        guard let command = arguments.first, ["serve", "config"].contains(command) else {
            return nil
        }
        let rest = Array(arguments.dropFirst())
        guard TensorFlowServingArguments.recognises(rest) || isImage(command, rest) else {
            return nil
        }
        do throws(ServingError) {
            return try command == "serve" ? serve(rest, .serve) : show(rest)
        } catch {
            StandardStream.error.write("error: \(error.message)\n")
            let status = error.code == .invalidRequest ? CommandExit.usage : CommandExit(error)
            return status.rawValue
        }
    }

    /// `slipway serve` alone, where the variables of TensorFlow Serving's image are set.
    private static func isImage(_ command: String, _ rest: [String]) -> Bool {
        command == "serve" && rest.isEmpty
            && ServeCommand.Source.choose(file: nil, models: []) == nil
            && TensorFlowServingCommandLine.isImage(environment)
    }

    private static func serve(
        _ texts: [String], _ manner: TensorFlowServingArguments.Manner
    ) throws(ServingError) -> Int32 {
        let arguments = try TensorFlowServingArguments.parsing(texts, manner: manner)
        if let text = information(arguments) {
            StandardStream.output.write(text)
            return 0
        }
        let line = TensorFlowServingCommandLine(arguments, environment: environment)
        let isClean = try ServeCommand.run(
            .tensorFlowServing(line), overrides: ConfigurationOverrides(),
            announce: arguments.announce, started: ServeSubcommand.greet)
        guard !isClean else { return 0 }
        StandardStream.error.write("error: not everything ended within the drain timeout\n")
        return CommandExit.failure.rawValue
    }

    /// What `--help` and `--version` print.
    private static func information(_ arguments: TensorFlowServingArguments) -> String? {
        if arguments.values["help"] == "true" { return TensorFlowServingHelp.usage }
        return arguments.values["version"] == "true" ? TensorFlowServingHelp.version : nil
    }

    /// Prints the configuration that the flags come to.
    private static func show(_ texts: [String]) throws(ServingError) -> Int32 {
        var texts = texts
        var format = OutputFormat.text
        if let index = texts.firstIndex(where: { $0.hasPrefix("--output=") }) {
            let word = texts.remove(at: index).dropFirst("--output=".count)
            guard let known = OutputFormat(rawValue: String(word)) else {
                throw ServingError(
                    .invalidRequest, "--output is '\(word)'; it must be text or json")
            }
            format = known
        }
        let arguments = try TensorFlowServingArguments.parsing(texts, manner: .serve)
        let line = TensorFlowServingCommandLine(arguments, environment: environment)
        let reading = line.reading(engines: Engines.names)
        for warning in reading.warnings { StandardStream.error.write(warning + "\n") }
        let configuration = try reading.get()
        StandardStream.output.write(format == .text ? configuration.yaml : configuration.json)
        return 0
    }

    /// The variables that the image of TensorFlow Serving sets.
    private static var environment: [String: String] {
        var result: [String: String] = [:]
        for name in ["MODEL_NAME", "MODEL_BASE_PATH"] {
            if let value = getenv(name) { result[name] = String(cString: value) }
        }
        return result
    }
}
