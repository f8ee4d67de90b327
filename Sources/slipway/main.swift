import ArgumentParser
import Glibc
import ServingCore
import Slipway

Engines.allowWorkers()

// TensorFlow Serving's and Triton's command lines have readers of their own.
if TensorFlowServingHelp.isProgram(CommandLine.arguments.first ?? "") {
    exit(TensorFlowServingProgram.runAsOriginal(Array(CommandLine.arguments.dropFirst())))
}
if let status = TritonProgram.runIfRecognised(CommandLine.arguments) { exit(status) }
if let status = TensorFlowServingProgram.runIfRecognised(
    Array(CommandLine.arguments.dropFirst()))
{
    exit(status)
}

// Exit statuses are part of the interface (docs/command-line.md), so they are not left to the
// argument parser, which would end with 64 after a wrong command line.
do {
    var command = try Program.parseAsRoot()
    try command.run()
} catch let error as ServingError {
    StandardStream.error.write("error: \(error.message)\n")
    exit(CommandExit(error).rawValue)
} catch {
    var message = Program.fullMessage(for: error)
    // One spelling for all errors.
    if message.hasPrefix("Error: ") { message = "error: " + message.dropFirst(7) }
    let code = Program.exitCode(for: error)
    if !message.isEmpty {
        (code.isSuccess ? StandardStream.output : .error).write(message + "\n")
    }
    exit(code == .validationFailure ? CommandExit.usage.rawValue : code.rawValue)
}
