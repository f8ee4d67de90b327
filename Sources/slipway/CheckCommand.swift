import ArgumentParser
import ServingCore
import Slipway

struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Check configuration files without serving.",
        discussion:
            "Lists every problem with its line and column; ends with 3 if a file is invalid or cannot "
            + "be read. Reads slipway.yaml, TensorFlow Serving's lists of models and Triton's "
            + "config.pbtxt."
    )

    @Argument(
        help: "The files; slipway.yaml in the working directory when none is given.",
        completion: .file(extensions: ["yaml", "yml", "config", "pbtxt"]))
    var files: [String] = [Configuration.usualFileName]

    @OptionGroup var output: OutputOptions

    func run() throws {
        let report = CheckReport(
            files.map { Configuration.examining(path: $0, engines: Engines.names) })
        try output.show(report)
        guard report.isValid else { throw ExitCode(.configurationInvalid) }
    }
}
