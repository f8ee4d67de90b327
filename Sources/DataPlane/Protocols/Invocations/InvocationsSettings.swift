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
    /// Requests that batch transform may send at a time; nil for one.
    public var concurrentTransforms: Int?
    /// How batch transform should cut its input.
    public var batchStrategy = BatchStrategy.multiRecord
    /// Largest body that batch transform should send, in megabytes; nil for SageMaker's default.
    public var payloadMegabytes: Int?

    /// Chooses SageMaker's own defaults.
    public init() {}

    /// The media types that `defaultAccept` may be.
    public static var acceptable: [String] { InvocationsFormat.replies.flatMap(\.mediaTypes) }

    /// The most that SageMaker's batch transform sends, in megabytes.
    private static let payloadMegabytesMaximum = 100

    /// The same settings with what they leave open taken from the server's real limits.
    public func filled(processors: Int, bodyBytes: Int) -> InvocationsSettings {
        var result = self
        result.concurrentTransforms = concurrentTransforms ?? processors
        let megabytes = min(bodyBytes >> 20, Self.payloadMegabytesMaximum)
        result.payloadMegabytes = payloadMegabytes ?? max(1, megabytes)
        return result
    }
}
