public import Inference
public import ServingCore
import Tensors

/// Collects answers, by the number that a test gave each request.
public final class Answers: Sendable {
    private let results = Condition([Int: Result<InferenceResponse, ServingError>]())

    /// Starts with none.
    public init() {}

    /// The completion for one request.
    public func completion(_ number: Int)
        -> @Sendable (Result<InferenceResponse, ServingError>) -> Void
    {
        { [results] result in
            results.withLock { $0[number] = result }
            results.broadcast()
        }
    }

    /// How many requests have been answered.
    public var count: Int { results.withLock { $0.count } }

    /// Blocks until a request is answered.
    public func wait(_ number: Int) -> Result<InferenceResponse, ServingError> {
        results.wait { $0[number] }
    }

    /// The answer so far; nil when there is none.
    public func now(_ number: Int) -> Result<InferenceResponse, ServingError>? {
        results.withLock { $0[number] }
    }
}
