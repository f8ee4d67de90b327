import Glibc

/// The signals that steer a server, waited for on one thread instead of handled in the middle of
/// whatever runs.
public struct ProcessSignals: Sendable {
    /// What a signal asks for.
    public enum Wish: Sendable {
        /// SIGTERM or SIGINT: finish what is in flight and end.
        case stop
        /// SIGHUP: read the configuration again.
        case reload
    }

    /// Blocks the signals for this thread and all that it starts; call before any thread exists.
    ///
    /// SIGPIPE is ignored: a client that goes away is an error of one write, not of the process.
    public static func takeOver() -> ProcessSignals {
        signal(SIGPIPE, SIG_IGN)
        var set = Self.set
        pthread_sigmask(SIG_BLOCK, &set, nil)
        return ProcessSignals()
    }

    /// Sleeps until one of the signals comes.
    public func next() -> Wish {
        var set = Self.set
        while true {
            var number: Int32 = 0
            guard sigwait(&set, &number) == 0 else { continue }
            return number == SIGHUP ? .reload : .stop
        }
    }

    /// Gives SIGINT and SIGTERM their usual effect back, so that a second one ends a slow drain at once.
    public func restoreTermination() {
        var set = sigset_t()
        sigemptyset(&set)
        sigaddset(&set, SIGINT)
        sigaddset(&set, SIGTERM)
        pthread_sigmask(SIG_UNBLOCK, &set, nil)
    }

    private static var set: sigset_t {
        var set = sigset_t()
        sigemptyset(&set)
        for number in [SIGTERM, SIGINT, SIGHUP] { sigaddset(&set, number) }
        return set
    }
}
