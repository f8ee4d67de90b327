import CWorkerProcess
public import EngineInterface
import Glibc
import ServingCore

/// `slipway worker`: the process that hosts one engine for one model version.
public enum WorkerMain {
    /// The exit status after a broken protocol or a wrong start.
    private static let brokenStatus: Int32 = 2
    /// Descriptor 3 brings commands, 4 takes replies.
    static let (commands, replies): (Int32, Int32) = (3, 4)

    /// Serves until it is told to unload, or the server is gone; gives the exit status.
    ///
    /// - Parameters:
    ///   - engines: The engines that a model may ask for, each as if in this process.
    ///   - version: What the hello says: `slipway 0.3.0`.
    public static func run(_ engines: [any Engine], version: String) -> Int32 {
        signal(SIGPIPE, SIG_IGN)
        _ = slipway_die_with_parent()
        let text = getenv(WorkerHost.lanesVariable).map { String(cString: $0) } ?? ""
        guard let count = Int(text), (1...LoadedReply.runsMaximum).contains(count),
            (3..<Int32(5 + 3 * count)).allSatisfy({ slipway_close_on_exec($0) == 0 }),
            slipway_close_on_exec(Int32(4 + 3 * count)) == 0
        else {
            complain("'slipway worker' is started by the server, which hands it its descriptors")
            return brokenStatus
        }
        name("slipway-worker")
        let host = WorkerHosting(engines: engines, lanes: count)
        do throws(ServingError) {
            host.reply(try TextMessage.frame(.hello, version, sequence: 0))
            try host.serve()
            return 0
        } catch {
            complain(error.message)
            return brokenStatus
        }
    }

    /// Waits for the server's end and kills the workers' process groups then: `worker --guard`.
    public static func runGuard() -> Int32 {
        name("slipway-guard")
        WorkerGuard.run()
        return 0
    }

    /// Ends this process and all that it started.
    static func endEverything() -> Never {
        if getpgrp() == getpid() { kill(0, SIGKILL) }
        _exit(0)
    }

    static func complain(_ line: String) {
        _ = FrameOutput.write(Array("\(line)\n".utf8), to: STDERR_FILENO)
    }

    private static func name(_ name: String) {
        let file = open("/proc/self/comm", O_WRONLY | O_CLOEXEC)
        guard file >= 0 else { return }
        _ = write(file, name, name.utf8.count)
        close(file)
    }
}
