// The floors that Benchmarks/run compares the server with:
//   bench-floor echo PORT            a bare SwiftNIO HTTP/1.1 server that returns each body
//   bench-floor http2-echo PORT      the same over HTTP/2, with the trailers of a gRPC call
//   bench-floor engine MODEL N [ROWS] N calls of the engine itself, one row, in this process;
//                                    MODEL is a .onnx file or a saved_model.pb
//   bench-floor json long|short N    N reads and writes of 32x784 floats as JSON
import Glibc

let arguments = CommandLine.arguments.dropFirst()
do {
    switch (arguments.first, arguments.count) {
    case ("echo", 2):
        try EchoFloor.run(port: Int(arguments.last ?? "") ?? 0)
    case ("http2-echo", 2):
        try HTTP2EchoFloor.run(port: Int(arguments.last ?? "") ?? 0)
    case ("engine", 3):
        try EngineFloor.run(
            path: arguments[arguments.startIndex + 1], calls: Int(arguments.last ?? "") ?? 0)
    case ("engine", 4):
        try EngineFloor.run(
            path: arguments[arguments.startIndex + 1],
            calls: Int(arguments[arguments.startIndex + 2]) ?? 0,
            rows: Int(arguments.last ?? "") ?? 1)
    case ("json", 3):
        try JSONFloor.run(
            kind: arguments[arguments.startIndex + 1], rounds: Int(arguments.last ?? "") ?? 1)
    default:
        say(
            "usage: bench-floor echo PORT | http2-echo PORT | engine MODEL CALLS [ROWS] "
                + "| json long|short ROUNDS")
        exit(2)
    }
} catch {
    say("bench-floor: \(error)")
    exit(1)
}

/// Writes a line at once, so that whoever reads the pipe need not wait for a buffer to fill.
func say(_ line: String) {
    let bytes = Array((line + "\n").utf8)
    _ = write(STDOUT_FILENO, bytes, bytes.count)
}
