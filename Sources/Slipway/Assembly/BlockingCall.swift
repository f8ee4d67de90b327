public import ServingCore

/// Runs asynchronous work from a thread that may block, and waits for its end.
///
/// The program's main function is not asynchronous on purpose: an asynchronous one gives the main
/// thread to the dispatch library, which lets every signal through there, past `ProcessSignals`.
public enum BlockingCall {
    /// Waits for the work's result; the task lives exactly as long as this call.
    ///
    /// - Throws: What the work throws.
    public static func run<Value: Sendable>(
        _ work: @escaping @Sendable () async throws(ServingError) -> Value
    ) throws(ServingError) -> Value {
        let result = Condition<Result<Value, ServingError>?>(nil)
        Task {
            let outcome: Result<Value, ServingError>
            do throws(ServingError) { outcome = .success(try await work()) } catch {
                outcome = .failure(error)
            }
            result.withLock { $0 = outcome }
            result.broadcast()
        }
        return try result.wait { $0 }.get()
    }
}
