public import Inference
import NIOCore
import Protocols
public import ServingCore

/// Turns the files of `slipway predict` into a request.
public enum Predictor {
    /// Reads the files by the model's signature; JSON may be a body of either protocol.
    ///
    /// - Throws: What `InputReader.read` throws.
    public static func request(
        _ files: [String], for metadata: ModelMetadata, options: InputOptions,
        signatureName: String?
    ) throws(ServingError) -> InferenceRequest {
        let reader = InputReader(options: options) { body, metadata throws(ServingError) in
            try PredictBodyDecoder.decode(ByteBuffer(bytes: body), for: metadata)
        }
        return try reader.read(files, for: metadata, signatureName: signatureName)
    }
}
