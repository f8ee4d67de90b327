public import ArgumentParser
public import Slipway

extension OutputFormat: ExpressibleByArgument {}

/// `--output`, which every command that has a result takes.
struct OutputOptions: ParsableArguments {
    @Option(name: [.short, .long], help: "How to show the result.")
    var output = OutputFormat.text

    /// Writes the result to standard output.
    func show(_ report: some CommandReport) throws {
        StandardStream.output.write(try report.formatted(output))
    }
}

extension ExitCode {
    /// Ends the program with a documented status, after the command has said why.
    init(_ status: CommandExit) {
        self.init(status.rawValue)
    }
}
