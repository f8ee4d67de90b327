import ArgumentParser
import EngineInterface
import Slipway

struct EnginesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "engines",
        abstract: "List the engines, their libraries, and how to get what is missing.",
        subcommands: [EnginesList.self, EnginesInstall.self, EnginesRemove.self],
        defaultSubcommand: EnginesList.self)
}

struct EnginesList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the engines: versions, sizes, isolation, the files they take, options.")

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

/// Where libraries are put, and how the result is shown.
struct EngineLibraryOptions: ParsableArguments {
    @Argument(help: ArgumentHelp("Which engines.", valueName: "engine"))
    var engines: [String]

    @Option(
        help: ArgumentHelp(
            "Where: .deps of a checkout that is the current directory, else "
                + "${XDG_DATA_HOME:-~/.local/share}/slipway/engines. The library is looked for in "
                + "these two; name another one's <engine>/<version>/lib in SLIPWAY_LIBRARY_PATH.",
            valueName: "directory"))
    var dest: String?

    @OptionGroup var output: OutputOptions

    /// Becomes the program that does it.
    func run(_ more: [String]) throws -> Never {
        try EngineLibraries.check(engines)
        try EngineLibraries.run(
            engines, directory: try dest ?? EngineLibraries.directory(),
            more: more + ["--output", output.output.rawValue])
    }
}

struct EnginesInstall: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "install",
        abstract: "Fetch the libraries of engines.",
        discussion:
            "Every library comes out of the framework's own Python wheel, pinned by version "
            + "and SHA-256; pip downloads it. Ends with 0 when all are in place, with 1 when one "
            + "could not be fetched or written.")

    @OptionGroup var options: EngineLibraryOptions

    func run() throws { try options.run([]) }
}

struct EnginesRemove: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Remove the libraries of engines that were installed.")

    @OptionGroup var options: EngineLibraryOptions

    func run() throws { try options.run(["--remove"]) }
}
