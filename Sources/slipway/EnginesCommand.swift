import ArgumentParser
import EngineInterface
import Slipway

struct EnginesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "engines",
        abstract: "List the engines, their libraries, and how to get what is missing.")

    @OptionGroup(title: "Configuration") var source: ConfigurationOptions
    @OptionGroup var flags: OverrideOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        let configuration = try source.effective(flags.overrides)
        let report = EnginesReport(
            Engines.all, EngineEnvironment(configuration))
        try output.show(report)
    }
}
