/// What an operator, or the environment of a SageMaker container, decides about `/invocations`.
public struct InvocationsSettings: Hashable, Sendable {
    /// How batch transform cuts its input (`BatchStrategy`).
    public enum BatchStrategy: String, Hashable, Sendable, CaseIterable {
        case singleRecord = "SINGLE_RECORD"
        case multiRecord = "MULTI_RECORD"
    }

    /// The model that answers when a request names none; nil for the only one there is.
    public var defaultModel: String?
    /// The media type of answers to requests that accept anything; nil for JSON.
    public var defaultAccept: String?
    /// Whether this is a multi-model endpoint: `/models` exists, and `/ping` asks for life only.
    public var isMultiModel = false
    /// Requests that batch transform may send at a time.
    public var concurrentTransforms = 1
    /// How batch transform should cut its input.
    public var batchStrategy = BatchStrategy.multiRecord
    /// Largest body that batch transform should send, in megabytes.
    public var payloadMegabytes = 6

    /// Chooses SageMaker's own defaults.
    public init() {}
}
