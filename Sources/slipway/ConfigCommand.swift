import ArgumentParser
import ServingCore
import Slipway

struct ConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config",
        abstract: "Print the effective configuration, every default filled in.",
        discussion: "Without a file it prints the defaults.")

    @OptionGroup(title: "Configuration") var source: ConfigurationOptions
    @OptionGroup var flags: OverrideOptions
    @OptionGroup var output: OutputOptions

    @Argument(
        help: ArgumentHelp(
            "Models as for serve, instead of a file.", valueName: "name=directory"),
        completion: .directory)
    var models: [String] = []

    @Flag(help: "Print the reference of all keys as Markdown instead.")
    var schema = false

    @Option(
        help: ArgumentHelp(
            "Explain the keys that start so, such as listen, instead.", valueName: "prefix"))
    var helpKey: String?

    func validate() throws {
        if source.config != nil, !models.isEmpty {
            throw ValidationError("give either --config or NAME=DIRECTORY, not both")
        }
    }

    func run() throws {
        if schema {
            StandardStream.output.write(ConfigurationReference.markdown)
        } else if let helpKey {
            try explain(helpKey)
        } else {
            try printEffective()
        }
    }

    private func explain(_ prefix: String) throws {
        let text = ConfigurationReference.text(startingWith: prefix)
        guard !text.isEmpty else {
            throw ServingError(
                .configurationInvalid,
                "no key starts with '\(prefix.clipped())'"
                    + NearestName.hint(
                        for: prefix, among: ConfigurationReference.keys.map(\.path))
                    + "; slipway config --schema lists all")
        }
        StandardStream.output.write(text)
    }

    private func printEffective() throws {
        let chosen = ServeCommand.Source.choose(file: source.config, models: models)
        let reading = try ServeCommand.read(chosen ?? .arguments([]), flags.overrides)
        // Of the defaults alone there is nothing to warn.
        for warning in reading.warnings where chosen != nil {
            StandardStream.error.write(warning + "\n")
        }
        let configuration = try reading.get()
        switch output.output {
        case .text: StandardStream.output.write(configuration.yaml)
        case .json: StandardStream.output.write(configuration.value.json)
        }
    }
}
