public import Inference
public import NIOCore
public import ServingCore
import Wire

/// Reads the body of a prediction in whichever of the protocols it is written.
///
/// For requests that do not come over the network: recorded ones that warm a model up, and the files
/// that the command line sends.
public enum PredictBodyDecoder {
    /// Reads a body.
    ///
    /// It is an Open Inference request when its `inputs` is an array whose first element is an object
    /// with `name` and `datatype`, or when the length of its JSON is given; otherwise it is read as
    /// TensorFlow Serving's.
    ///
    /// - Parameters:
    ///   - body: JSON, with binary tensor data behind it if a length is given.
    ///   - metadata: The model that it is for.
    ///   - inferenceHeaderLength: What `Inference-Header-Content-Length` says; nil without it.
    /// - Throws: `invalid_request`, `invalid_tensor`, `signature_not_found`, `unsupported`.
    public static func decode(
        _ body: ByteBuffer, for metadata: ModelMetadata, inferenceHeaderLength: Int? = nil
    ) throws(ServingError) -> InferenceRequest {
        if let length = inferenceHeaderLength {
            let length = try OpenInferencePredict.jsonLength(
                String(length), bodyLength: body.readableBytes)
            if length == 0 { return try OpenInferenceRawRequest.read(body, metadata).0 }
            return try OpenInferenceRequestReader.read(body, jsonLength: length, metadata).request
        }
        guard try isOpenInference(body) else {
            return try TensorFlowServingRequestReader.read(body, metadata).0
        }
        return try OpenInferenceRequestReader.read(
            body, jsonLength: body.readableBytes, metadata
        ).request
    }

    /// Looks at the form of `inputs`; a document that is no object is left to the reader's complaint.
    static func isOpenInference(_ body: ByteBuffer) throws(ServingError) -> Bool {
        guard body.readableBytes > 0 else { return false }
        return try body.withJSONScanner(.tensorFlowServing) { (scanner) throws(ServingError) in
            guard try scanner.peekKind() == .object else { return false }
            try scanner.beginObject()
            while let key = try scanner.nextKey() {
                if key.equals("inputs") { return try namesTensors(&scanner) }
                try scanner.skipValue()
            }
            return false
        }
    }

    private static func namesTensors(_ scanner: inout JSONScanner) throws(ServingError) -> Bool {
        guard try scanner.peekKind() == .array else { return false }
        try scanner.beginArray()
        guard try scanner.nextElement(), try scanner.peekKind() == .object else { return false }
        var hasName = false
        var hasType = false
        try scanner.beginObject()
        while let key = try scanner.nextKey() {
            hasName = hasName || key.equals("name")
            hasType = hasType || key.equals("datatype")
            try scanner.skipValue()
        }
        return hasName && hasType
    }
}
