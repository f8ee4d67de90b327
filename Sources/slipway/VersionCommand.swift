import ArgumentParser
import Slipway

struct VersionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "version", abstract: "Say which version this is and what built it.")

    @OptionGroup var output: OutputOptions

    func run() throws {
        let report = VersionReport.current
        try output.show(report)
    }
}
