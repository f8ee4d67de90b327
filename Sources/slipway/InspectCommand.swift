import ArgumentParser
import EngineInterface
import ServingCore
import Slipway

struct InspectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Say what a model is, what it takes and gives, and what serving it needs.",
        discussion: """
            PATH is a model file, a version directory, or a directory of versions, of which the \
            highest is taken. The model is loaded, as a server would do it, unless --no-load is \
            given: then only its files are looked at.

            Exit status: 0 it can be served, 5 it cannot, and the last lines say why.
            """)

    @Argument(
        help: ArgumentHelp("The model's path.", valueName: "path"), completion: .file())
    var path: String

    @Flag(inversion: .prefixedNo, help: "Load the model to learn its inputs and outputs.")
    var load = true

    @OptionGroup(title: "Model") var model: LocalModelOptions
    @OptionGroup(title: "Resources") var resources: ResourceOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        let inspection = try ModelInspection(
            path: path, engine: model.engine, options: try EngineOptions(words: model.option),
            loads: load, environment: EngineEnvironment(try resources.configuration()))
        try output.show(InspectReport(inspection))
        if inspection.problem != nil { throw ExitCode(.model) }
    }
}

/// How a command loads a model without a server.
struct LocalModelOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The engine to load the model with; by default the one that recognises its files.",
            valueName: "name"))
    var engine: String?

    @Option(
        help: ArgumentHelp(
            "An option of the engine, as 'slipway engines' lists them; may be given several times.",
            valueName: "name=value"))
    var option: [String] = []
}

extension ResourceOptions {
    /// A configuration without models, for commands that load one by themselves.
    func configuration() throws -> Configuration {
        let overrides = ConfigurationOverrides(
            processors: cpus, memory: memory, libraryDirectories: libraryDirectory)
        return try ServeCommand.read(.arguments([]), overrides).get()
    }
}
