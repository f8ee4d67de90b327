import Inference
import Listener
import ServingCore

/// How a protocol reads a prediction's request and writes its answer; everything between the two is
/// the same for all protocols and lives in `PredictCall`.
protocol ContextualPredictProtocol: Sendable {
    /// What the answer must know of the request: its layout, which outputs are binary.
    associatedtype ReplyForm: Sendable
    /// What reading and writing need of the server: settings, registered memory.
    associatedtype Context: Sendable

    /// The protocol's name in metrics.
    static var wire: WireProtocol { get }

    /// Reads a request's body against the model that it asks for.
    ///
    /// Sets a deadline only if the body has one; the listener's and cancellation are added later.
    static func decode(_ request: HTTPRequest, _ metadata: ModelMetadata, in context: Context)
        throws(ServingError) -> (InferenceRequest, ReplyForm)

    /// Writes the answer.
    static func encode(
        _ response: InferenceResponse, as form: ReplyForm, in context: Context
    ) throws(ServingError) -> HTTPResponse

    /// Writes an error in the protocol's form.
    static func refusal(_ error: ServingError, in context: Context) -> HTTPResponse

    /// The error for a model that cannot be leased, in the words that the protocol's clients know.
    static func refusalWords(_ error: ServingError, for model: ModelReference) -> ServingError
}

/// A protocol that needs nothing but the request.
protocol PredictProtocol: ContextualPredictProtocol where Context == Void {
    /// Reads a request's body against the model that it asks for; see `ContextualPredictProtocol`.
    static func decode(_ request: HTTPRequest, _ metadata: ModelMetadata) throws(ServingError)
        -> (InferenceRequest, ReplyForm)

    /// Writes the answer.
    static func encode(_ response: InferenceResponse, as form: ReplyForm) throws(ServingError)
        -> HTTPResponse

    /// Writes an error in the protocol's form.
    static func refusal(_ error: ServingError) -> HTTPResponse
}

extension PredictProtocol {
    static func decode(_ request: HTTPRequest, _ metadata: ModelMetadata, in context: Void)
        throws(ServingError) -> (InferenceRequest, ReplyForm)
    {
        try decode(request, metadata)
    }

    static func encode(_ response: InferenceResponse, as form: ReplyForm, in context: Void)
        throws(ServingError) -> HTTPResponse
    {
        try encode(response, as: form)
    }

    static func refusal(_ error: ServingError, in context: Void) -> HTTPResponse {
        refusal(error)
    }
}
