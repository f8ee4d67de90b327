public import Inference
public import NIOCore
public import ServingCore

/// Reads a serialised `tensorflow.serving.PredictRequest` that did not come over the network, such as
/// one of a warm-up file.
public enum PredictRequestDecoder {
    /// Reads a message for a model; whichever model the message names does not matter.
    ///
    /// The tensors keep the message's memory alive.
    ///
    /// - Throws: `invalid_request`, `invalid_tensor`, `signature_not_found`, in the words of TensorFlow
    ///   Serving.
    public static func decode(_ message: ByteBuffer, for metadata: ModelMetadata)
        throws(ServingError) -> InferenceRequest
    {
        try request(try PredictRequestMessage(message), metadata)
    }

    /// Puts a message that has been read to a model.
    static func request(_ message: PredictRequestMessage, _ metadata: ModelMetadata)
        throws(ServingError) -> InferenceRequest
    {
        let signature = try PredictRequestInputs.signature(
            named: message.modelSpec?.signatureName ?? "", in: metadata)
        return InferenceRequest(
            signatureName: signature.name,
            inputs: try PredictRequestInputs.read(message, signature),
            outputNames: try PredictRequestInputs.outputNames(message, signature))
    }
}
