import Inference
import Listener
import NIOCore
import ServingCore

/// How a gRPC protocol reads a prediction's message and writes its answer; everything between the two
/// is the same for all of them and lives in `GRPCPredictCall`.
protocol ContextualGRPCPredictProtocol: Sendable {
    /// The message read once: names, and where the tensors' bytes lie.
    associatedtype Message: Sendable
    /// What the answer must know of the request: its id, which outputs, in which form.
    associatedtype ReplyForm: Sendable
    /// What reading and writing need of the server: settings, registered memory.
    associatedtype Context: Sendable

    /// The protocol's name in metrics.
    static var wire: WireProtocol { get }

    /// Reads the message without looking at a model.
    ///
    /// - Throws: `invalid_request` when the bytes are not that message.
    static func parse(_ message: ByteBuffer) throws(ServingError) -> Message

    /// The model that the message asks for.
    ///
    /// - Throws: `invalid_request` when it names none.
    static func model(of message: Message) throws(ServingError) -> ModelReference

    /// Makes the request of a model; sets a deadline only if the message has one.
    static func decode(
        _ message: Message, _ call: GRPCCall, _ metadata: ModelMetadata, in context: Context
    ) throws(ServingError) -> (InferenceRequest, ReplyForm)

    /// Writes the answer.
    static func encode(
        _ response: InferenceResponse, as form: ReplyForm, in context: Context
    ) throws(ServingError) -> GRPCReply

    /// Writes an error in the protocol's form.
    static func status(_ error: ServingError, in context: Context) -> GRPCStatus

    /// The error for a model that cannot be leased, in the words that the protocol's clients know.
    static func refusalWords(_ error: ServingError, for model: ModelReference) -> ServingError
}

/// A protocol that needs nothing but the message.
protocol GRPCPredictProtocol: ContextualGRPCPredictProtocol where Context == Void {
    /// Makes the request of a model; see `ContextualGRPCPredictProtocol`.
    static func decode(_ message: Message, _ call: GRPCCall, _ metadata: ModelMetadata)
        throws(ServingError) -> (InferenceRequest, ReplyForm)

    /// Writes the answer.
    static func encode(_ response: InferenceResponse, as form: ReplyForm) throws(ServingError)
        -> GRPCReply

    /// Writes an error in the protocol's form.
    static func status(_ error: ServingError) -> GRPCStatus
}

extension GRPCPredictProtocol {
    static func decode(
        _ message: Message, _ call: GRPCCall, _ metadata: ModelMetadata, in context: Void
    ) throws(ServingError) -> (InferenceRequest, ReplyForm) {
        try decode(message, call, metadata)
    }

    static func encode(_ response: InferenceResponse, as form: ReplyForm, in context: Void)
        throws(ServingError) -> GRPCReply
    {
        try encode(response, as: form)
    }

    static func status(_ error: ServingError, in context: Void) -> GRPCStatus { status(error) }
}
