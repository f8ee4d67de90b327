public import ServingCore

/// Runs asynchronous work from a synchronous command.
public enum Waiting {
    /// Starts the work on Swift's own threads and sleeps on this one until it is done.
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
