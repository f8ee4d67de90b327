public import ArgumentParser
public import Conformance
import ServingCore
import Slipway
import SlipwayClient

extension ConformanceProtocol: ExpressibleByArgument {}

struct ConformanceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "conformance",
        abstract: "Check what a server's protocols promise: ours, or anybody's.",
        discussion: """
            slipway conformance http://127.0.0.1:8501 --model digits tries the claims of every \
            protocol that the server speaks, with inputs made up from the model's own metadata, and \
            prints which hold. Nothing at the server is changed. Ends with 0 when all that was \
            checked holds, with 1 when something does not, with 4 when the server does not answer.
            """)

    @Argument(help: ArgumentHelp("The server's REST address.", valueName: "url"))
    var server: String

    @Option(
        help: ArgumentHelp(
            "The server's gRPC address; by default the port that servers have beside the REST port "
                + "(8500 beside 8501, 8001 beside 8000, 8081 beside 8080) if something listens there, "
                + "else the same port.",
            valueName: "url"))
    var grpc: String?

    @Option(help: ArgumentHelp("The model to ask; by default one that the server lists."))
    var model: String?

    @Option(
        name: .customLong("protocol"),
        help: ArgumentHelp(
            "Check this protocol, which must be spoken then; may be repeated. All by default.",
            valueName: "protocol"))
    var protocols: [ConformanceProtocol] = []

    @OptionGroup(title: "Connection") var transport: TransportOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        let target = ConformanceRun.Target(
            rest: server, grpc: grpc, model: model, protocols: protocols,
            options: transport.options)
        let progress = ConformanceProgress()
        let results = try Waiting.run { () async throws(ServingError) in
            try await ConformanceRun.run(target, progress: progress.show)
        }
        progress.clear()
        let report = ConformanceReport(results)
        try output.show(report)
        guard report.isClean else { throw ExitCode(.failure) }
    }
}
