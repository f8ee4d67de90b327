import ArgumentParser
import Slipway

/// The program: what it is, and its sub-commands.
struct Program: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "slipway",
        abstract: "Serve machine-learning models to the clients they already have.",
        discussion: """
            slipway serve digits=./models/digits serves the numbered versions in a directory to \
            clients of TensorFlow Serving, Triton, KServe, MLServer, SageMaker and MLflow: REST at \
            http://127.0.0.1:8501, gRPC at 127.0.0.1:8500.

            Results go to standard output, everything else to standard error. Exit status: 0 done, \
            1 failed, 2 wrong command line, 3 invalid configuration, 4 server unreachable or port \
            not free, 5 model or inference failed.

            slipway --generate-completion-script bash (or zsh, fish) prints shell completions.
            """,
        version: VersionReport.current.version,
        subcommands: [
            ServeSubcommand.self, ModelsCommand.self, PredictCommand.self, CheckCommand.self,
            ConfigCommand.self, InspectCommand.self, ConvertCommand.self, EnginesCommand.self,
            DoctorCommand.self, ConformanceCommand.self,
            VersionCommand.self, WorkerCommand.self,
        ])
}
