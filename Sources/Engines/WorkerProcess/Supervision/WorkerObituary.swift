import EngineInterface
import Glibc
import ServingCore

/// How a process ended, in words.
struct WorkerObituary: Hashable, Sendable {
    /// What the system tells of the end of a process.
    enum Status: Hashable, Sendable {
        case exit(Int32)
        case signal(Int32)
    }

    /// The end in a word.
    var end: WorkerEnd
    /// What follows "the worker": `was killed by SIGSEGV`.
    var phrase: String
    /// The last lines that it printed.
    var lastWords: [String]

    /// Judges an end.
    ///
    /// - Parameters:
    ///   - verdict: Why the server killed it, if it did.
    ///   - isOutOfMemory: Whether the system says that memory ran out meanwhile.
    init(
        _ status: Status, verdict: (end: WorkerEnd, phrase: String)?, isOutOfMemory: Bool,
        lastWords: [String]
    ) {
        self.lastWords = lastWords
        if let verdict {
            (end, phrase) = verdict
            return
        }
        switch status {
        case .exit(let code):
            end = .exit
            phrase = "ended with exit status \(code)"
        case .signal(SIGKILL) where isOutOfMemory:
            end = .memory
            phrase = "was killed by the system because memory ran out"
        case .signal(let number):
            end = .signal
            phrase = "was killed by \(Self.name(of: number))"
        }
    }

    /// The end with the last words: `was killed by SIGABRT; it last said: terminate called`.
    var reason: String {
        guard !lastWords.isEmpty else { return phrase }
        return "\(phrase); it last said: "
            + lastWords.joined(separator: " | ").clipped(to: Self.lastWordsBytes)
    }

    /// Bytes of last words in a reason.
    private static let lastWordsBytes = 1500

    private static let names: [Int32: String] = [
        SIGHUP: "SIGHUP", SIGINT: "SIGINT", SIGQUIT: "SIGQUIT", SIGILL: "SIGILL",
        SIGTRAP: "SIGTRAP", SIGABRT: "SIGABRT", SIGBUS: "SIGBUS", SIGFPE: "SIGFPE",
        SIGKILL: "SIGKILL", SIGSEGV: "SIGSEGV", SIGPIPE: "SIGPIPE", SIGALRM: "SIGALRM",
        SIGTERM: "SIGTERM", SIGUSR1: "SIGUSR1", SIGUSR2: "SIGUSR2", SIGXCPU: "SIGXCPU",
        SIGXFSZ: "SIGXFSZ", SIGSYS: "SIGSYS",
    ]

    static func name(of signal: Int32) -> String { names[signal] ?? "signal \(signal)" }
}
