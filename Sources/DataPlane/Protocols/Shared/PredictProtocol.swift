import Inference
import Listener
import ServingCore

/// How a protocol reads a prediction's request and writes its answer; everything between the two is
/// the same for all protocols and lives in `PredictCall`.
protocol PredictProtocol: Sendable {
    /// What the answer must know of the request: its layout, which outputs are binary.
    associatedtype ReplyForm: Sendable

    /// The protocol's name in metrics.
    static var wire: WireProtocol { get }

    /// Reads a request's body against the model that it asks for.
    ///
    /// Sets a deadline only if the body has one; the listener's and cancellation are added later.
    static func decode(_ request: HTTPRequest, _ metadata: ModelMetadata) throws(ServingError)
        -> (InferenceRequest, ReplyForm)

    /// Writes the answer.
    static func encode(_ response: InferenceResponse, as form: ReplyForm) throws(ServingError)
        -> HTTPResponse

    /// Writes an error in the protocol's form.
    static func refusal(_ error: ServingError) -> HTTPResponse

    /// The error for a model that cannot be leased, in the words that the protocol's clients know.
    static func refusalWords(_ error: ServingError, for model: ModelReference) -> ServingError
}
