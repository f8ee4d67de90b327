import ArgumentParser
import NIOCore
import ServingCore
import Slipway
import SlipwayClient

struct ModelsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "models",
        abstract: "Show what a running server serves, in which state and why.",
        discussion: "Ends with 5 when a model is not ready, with 4 when the server does not answer."
    )

    @Argument(help: ArgumentHelp("Show this model only.", valueName: "name"))
    var model: String?

    @Flag(help: "Show versions that were unloaded, too; JSON always does.")
    var all = false

    @Option(help: ArgumentHelp("The server's admin port.", valueName: "url"))
    var admin = "http://127.0.0.1:8502"

    @OptionGroup(title: "Connection") var transport: TransportOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        let (url, options) = (admin, transport.options)
        let text = try Waiting.run { () async throws(ServingError) in
            let client = try SlipwayClient(url: url, options: options)
            let body: String
            do throws(ServingError) {
                body = String(buffer: try await client.get("/models").checked().body)
            } catch {
                await client.close()
                // Only a port that is not the admin port has no such path.
                guard error.code == .modelNotFound else { throw error }
                throw ServingError(
                    .invalidRequest,
                    "\(url) has no list of models; give the address of the server's admin port "
                        + "with --admin (port 8502 unless configured)", cause: error)
            }
            await client.close()
            return body
        }
        let report = try ModelsReport(text, model: model, showsAll: all)
        try output.show(report)
        guard report.isReady else { throw ExitCode(.model) }
    }
}
