import ArgumentParser
import ServingCore
import Slipway

struct ServeSubcommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Serve models until SIGTERM or Ctrl-C.",
        discussion: """
            Give NAME=DIRECTORY for each model, or a configuration file, which is followed while the \
            server runs; SIGHUP reads it again, along with certificates. In a SageMaker container \
            neither is needed: the environment and /opt/ml/model say all.
            """)

    @Argument(
        help: ArgumentHelp(
            "Models: a name, and a directory of numbered versions.", valueName: "name=directory"),
        completion: .directory)
    var models: [String] = []

    @OptionGroup(title: "Configuration") var source: ConfigurationOptions
    @OptionGroup var flags: OverrideOptions

    @Option(
        help: ArgumentHelp(
            "Write the addresses as JSON to this file once the ports are open.",
            valueName: "file"),
        completion: .file())
    var announce: String?

    func validate() throws {
        if source.config != nil, !models.isEmpty {
            throw ValidationError("give either --config or NAME=DIRECTORY, not both")
        }
        guard ServeCommand.Source.choose(file: source.config, models: models) == nil,
            flags.models.repository == nil, !ServeCommand.Source.isSageMaker
        else { return }
        throw Self.nothingToServe
    }

    func run() throws {
        let (source, overrides) = try chosen
        let isClean = try ServeCommand.run(
            source, overrides: overrides, announce: announce, started: Self.greet)
        guard isClean else {
            StandardStream.error.write("error: not everything ended within the drain timeout\n")
            throw ExitCode(.failure)
        }
    }

    private var chosen: (ServeCommand.Source, ConfigurationOverrides) {
        get throws {
            if let source = ServeCommand.Source.choose(file: source.config, models: models) {
                return (source, flags.overrides)
            }
            // A repository has models of its own.
            if flags.models.repository != nil { return (.arguments([]), flags.overrides) }
            if let source = try ServeCommand.Source.sageMaker(flags.overrides) { return source }
            throw Self.nothingToServe
        }
    }

    private static var nothingToServe: ValidationError {
        ValidationError(
            "nothing to serve: give NAME=DIRECTORY, such as digits=./models/digits, or "
                + "--config FILE; there is no slipway.yaml in this directory")
    }

    static func greet(_ started: Announcement) {
        let lines = [
            ("REST", started.rest), ("REST", started.restSocket),
            ("gRPC", started.grpc), ("gRPC", started.grpcSocket), ("admin", started.admin),
        ]
        for (name, address) in lines {
            guard let address else { continue }
            StandardStream.error.write("\(name) at \(address)\n")
        }
    }
}
