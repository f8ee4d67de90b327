import ServingCore
import Slipway

/// Command lines in the spelling of Triton's server.
enum TritonProgram {
    /// Runs as `tritonserver`; nil when the program has another name and the arguments are not
    /// those of `serve` with Triton's flags.
    static func runIfRecognised(_ arguments: [String]) -> Int32? {
        guard let program = arguments.first else { return nil }
        if TritonCommandLine.isProgram(program) { return run(Array(arguments.dropFirst())) }
        guard arguments.dropFirst().first == "serve" else { return nil }
        let rest = Array(arguments.dropFirst(2))
        return TritonCommandLine.recognises(rest) ? run(rest) : nil
    }

    private static func run(_ texts: [String]) -> Int32 {
        do throws(ServingError) {
            let line = try TritonCommandLine(texts)
            for warning in line.warnings { StandardStream.error.write("warning: \(warning)\n") }
            let isClean = try ServeCommand.run(
                .triton(line), overrides: line.overrides, announce: line.announce,
                started: ServeSubcommand.greet)
            guard !isClean else { return 0 }
            StandardStream.error.write("error: not everything ended within the drain timeout\n")
            return CommandExit.failure.rawValue
        } catch {
            StandardStream.error.write("error: \(error.message)\n")
            let status = error.code == .invalidRequest ? CommandExit.usage : CommandExit(error)
            return status.rawValue
        }
    }
}
