import ArgumentParser
import EngineInterface
import Slipway

struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Say what is missing on this machine, and how to get it.",
        discussion: "Ends with 1 when something stands in the way of serving.")

    @OptionGroup(title: "Configuration") var source: ConfigurationOptions
    @OptionGroup var flags: OverrideOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        let configuration = try source.effective(flags.overrides)
        let report = Doctor.look(
            DoctorScope(configuration.listen), engines: Engines.all,
            environment: EngineEnvironment(configuration))
        try output.show(report)
        guard report.isHealthy else { throw ExitCode(.failure) }
    }
}
