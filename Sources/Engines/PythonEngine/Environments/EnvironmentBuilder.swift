import Glibc
import ServingCore

/// Asks a Python process for an environment, and waits for its answer.
struct EnvironmentBuilder {
    /// The interpreter that does the work.
    let python: String
    /// The directory that holds the package `slipway_worker`.
    let packageDirectory: String
    /// How long it may take.
    let timeout: Duration
    /// Called with each line for people.
    let progress: @Sendable (String) -> Void
    let cancellation: EnvironmentCancellation

    /// Written so that a Python of any age can say that it is too old.
    private static let program =
        "import sys\n"
        + "if sys.version_info < (3, 9):\n"
        + "    sys.exit('this is Python %d.%d; Slipway needs 3.9 or newer' % sys.version_info[:2])\n"
        + "if len(sys.argv) == 1:\n"
        + "    print('slipway:ready %d.%d.%d' % sys.version_info[:3])\n"
        + "    sys.exit()\n"
        + "sys.dont_write_bytecode = True\n"
        + "sys.path.insert(0, sys.argv[1])\n"
        + "from slipway_worker.environments import main\n"
        + "main()\n"

    /// The version of the interpreter; nothing is asked of the package.
    ///
    /// - Throws: as `answer`.
    static func version(of python: String, _ cancellation: EnvironmentCancellation)
        throws(ServingError) -> String
    {
        let builder = EnvironmentBuilder(
            python: python, packageDirectory: "", timeout: checkTimeout, progress: { _ in },
            cancellation: cancellation)
        return try builder.answer(to: nil)
    }

    /// How long an interpreter may take to say its version.
    private static let checkTimeout = Duration.seconds(60)

    /// The text of the builder's `ready`: the path of an interpreter, for most actions.
    ///
    /// - Throws: what the builder says; `library_missing` when the interpreter does not run it;
    ///   `deadline_exceeded` when it takes too long; `cancelled`.
    func answer(to request: BuilderRequest) throws(ServingError) -> String {
        try answer(to: Optional(request))
    }

    private func answer(to request: BuilderRequest?) throws(ServingError) -> String {
        let process = try BuilderProcess(
            python,
            ["-I", "-X", "utf8", "-c", Self.program] + (request == nil ? [] : [packageDirectory]),
            cancellation)
        let deadline = MonotonicTime.now().advanced(by: timeout)
        var reply = BuilderReply()
        var last = "nothing yet"
        // A process that dies at once says why; that is read below.
        if let request { _ = process.send(request.bytes) }
        while true {
            switch process.receive(until: deadline) {
            case .timedOut: throw timedOut(last)
            case .ended: throw ended(reply)
            case .bytes(let bytes):
                for message in reply.append(bytes) {
                    switch message {
                    case .ready(let text): return text
                    case .failed(let error): throw error
                    case .progress(let text):
                        last = text
                        progress(text)
                    }
                }
            }
        }
    }

    private func timedOut(_ last: String) -> ServingError {
        ServingError(
            .resourceExhausted,
            "the environment was not ready after \(timeout.components.seconds) s and its builder was "
                + "stopped; it was at: \(last.clipped()). Raise the option 'environment_timeout', or "
                + "put the wheels beside the model")
    }

    private func ended(_ reply: BuilderReply) -> ServingError {
        if cancellation.isCancelled {
            return ServingError(
                .cancelled, "the model was unloaded while its environment was being made")
        }
        let words = reply.lastWords.joined(separator: " | ").clipped(to: 1000)
        return ServingError(
            .libraryMissing,
            "\(python) did not do as Python 3.9 or newer; its last words: "
                + (words.isEmpty ? "none (it was killed)" : words))
    }
}
