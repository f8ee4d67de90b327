public import ServingCore

/// Runs asynchronous work from a synchronous command.
///
/// The program's main function is not asynchronous on purpose: an asynchronous one gives the main
/// thread to the dispatch library, which lets every signal through there, past `ProcessSignals`.
public enum Waiting {
    /// Starts the work on Swift's own threads and sleeps on this one until it is done; the task lives
    /// exactly as long as this call.
    ///
    /// For the first thread of the program only: never call it from asynchronous code.
    public static func run<Result: Sendable>(
        _ work: @escaping @Sendable () async throws(ServingError) -> Result
    ) throws(ServingError) -> Result {
        let outcome = Condition<Swift.Result<Result, ServingError>?>(nil)
        Task {
            let result: Swift.Result<Result, ServingError>
            do throws(ServingError) { result = .success(try await work()) } catch {
                result = .failure(error)
            }
            outcome.withLock { $0 = result }
            outcome.signal()
        }
        return try outcome.wait { $0 }.get()
    }
}
