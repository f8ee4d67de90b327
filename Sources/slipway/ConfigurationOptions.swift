import ArgumentParser
import Slipway

/// `--config`, and the flags that win over the file.
struct ConfigurationOptions: ParsableArguments {
    @Option(
        name: [.short, .long],
        help: ArgumentHelp(
            "The configuration; by default slipway.yaml in the working directory.",
            valueName: "file"),
        completion: .file(extensions: ["yaml", "yml"]))
    var config: String?

    /// The configuration of the file, or the defaults when there is none.
    func effective(_ overrides: ConfigurationOverrides) throws -> Configuration {
        let source = ServeCommand.Source.choose(file: config, models: []) ?? .arguments([])
        return try ServeCommand.read(source, overrides).get()
    }
}

/// Flags of the listeners.
struct ListenOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Port of the REST protocols, or off.", valueName: "port"))
    var restPort: String?

    @Option(help: ArgumentHelp("Port for metrics, health and state, or off.", valueName: "port"))
    var adminPort: String?

    @Option(
        help: ArgumentHelp(
            "Address of the REST and the gRPC port; 0.0.0.0 opens them to the network.",
            valueName: "address"))
    var host: String?

    @Option(help: ArgumentHelp("Address of the admin port.", valueName: "address"))
    var adminHost: String?

    @Option(
        help: ArgumentHelp("Serve the REST protocols on this Unix socket too.", valueName: "path"),
        completion: .file())
    var restSocket: String?

    @Option(
        help: ArgumentHelp(
            "Port of the gRPC protocols, same for the REST port, or off.", valueName: "port"))
    var grpcPort: String?

    @Option(
        help: ArgumentHelp("Serve the gRPC protocols on this Unix socket too.", valueName: "path"),
        completion: .file())
    var grpcSocket: String?
}

/// Flags of where models come from.
struct ModelOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Whether clients may load and unload models: off or explicit.", valueName: "mode"),
        completion: .list(["off", "explicit"]))
    var modelControl: String?

    @Option(
        help: ArgumentHelp(
            "Directory of models in Triton's layout, NAME/config.pbtxt and NAME/N/model.*.",
            valueName: "directory"),
        completion: .directory)
    var repository: String?
}

/// Flags of the logs.
struct LogOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Least severe message: trace, debug, info, notice, warning, error, critical.",
            valueName: "level"),
        completion: .list(
            ["trace", "debug", "info", "notice", "warning", "error", "critical"]))
    var logLevel: String?

    @Option(
        help: ArgumentHelp("How messages look: text or json.", valueName: "format"),
        completion: .list(["text", "json"]))
    var logFormat: String?

    @Option(
        help: ArgumentHelp("Log each request: off, text or json.", valueName: "format"),
        completion: .list(["off", "text", "json"]))
    var accessLog: String?
}

/// Flags of what the server may use.
struct ResourceOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Processors to use instead of what the machine allows.", valueName: "count"))
    var cpus: String?

    @Option(
        help: ArgumentHelp("Memory for all models together, such as 4GiB.", valueName: "size"))
    var memory: String?

    @Option(
        help: ArgumentHelp(
            "Search this directory for engine libraries first; may be repeated.",
            valueName: "directory"),
        completion: .directory)
    var libraryDirectory: [String] = []
}

/// All flags that stand above a configuration file, as `serve` and `config` take them.
struct OverrideOptions: ParsableArguments {
    @OptionGroup(title: "Listening") var listen: ListenOptions
    @OptionGroup(title: "Models") var models: ModelOptions
    @OptionGroup(title: "Logging") var log: LogOptions
    @OptionGroup(title: "Resources") var resources: ResourceOptions

    var overrides: ConfigurationOverrides {
        ConfigurationOverrides(
            restPort: listen.restPort, adminPort: listen.adminPort, host: listen.host,
            adminHost: listen.adminHost, restSocket: listen.restSocket,
            grpcPort: listen.grpcPort, grpcSocket: listen.grpcSocket, logLevel: log.logLevel,
            logFormat: log.logFormat, accessLog: log.accessLog, processors: resources.cpus,
            memory: resources.memory, libraryDirectories: resources.libraryDirectory,
            modelControl: models.modelControl, repository: models.repository)
    }
}
