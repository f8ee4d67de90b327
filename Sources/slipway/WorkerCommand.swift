import ArgumentParser
import Slipway

/// Started by the server, never by hand; docs/workers.md and docs/worker-protocol.md describe it.
struct WorkerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "worker",
        abstract: "Host one model version for a server that started this process.",
        shouldDisplay: false)

    @Flag(help: "Wait for the server's end and kill what its workers have left.")
    var `guard` = false

    func run() throws {
        throw ExitCode(`guard` ? Engines.runWorkerGuard() : Engines.runWorker())
    }
}
