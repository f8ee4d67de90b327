import ArgumentParser
import Slipway

struct EnvironmentsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "environments",
        abstract: "List the environments of Python models, and remove the unused ones.",
        discussion:
            "They lie in the cache: $SLIPWAY_CACHE, else ${XDG_CACHE_HOME:-~/.cache}/slipway. One that "
            + "is removed is made again, with the same versions, when a model needs it.")

    @Flag(help: "Remove those that no process uses.")
    var prune = false

    @Option(
        help: ArgumentHelp(
            "With --prune: only those that no load has asked for so long.", valueName: "days"))
    var unusedFor = 0

    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard unusedFor >= 0 else { throw ValidationError("--unused-for is not negative") }
        guard prune || unusedFor == 0 else { throw ValidationError("--unused-for needs --prune") }
    }

    func run() throws {
        try output.show(try EnvironmentsReport(pruneUnusedForDays: prune ? unusedFor : nil))
    }
}
