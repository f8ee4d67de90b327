public import Inference
public import NIOCore
public import ServingCore
import Wire

/// Reads `tensorflow.serving.PredictionLog`, the records of TensorFlow Serving's warm-up files.
///
/// Of the record the request is read; the logged response and the model's name are passed over, as in
/// the original. Fields: classify_log 2, regress_log 3, multi_inference_log 4, session_run_log 5,
/// predict_log 6, predict_streamed_log 7, of which the last written counts; in each of them, request 1.
public enum PredictionLogDecoder {
    /// Makes the requests of a model that a record stands for: none for an empty record, several for
    /// a multi-inference.
    ///
    /// - Throws: `invalid_request`, `invalid_tensor` and `signature_not_found` for a record that is
    ///   damaged or does not fit the model; `unsupported` for session runs and streamed predictions.
    public static func decode(_ record: ByteBuffer, for metadata: ModelMetadata)
        throws(ServingError) -> [InferenceRequest]
    {
        guard let (kind, request) = try find(record) else { return [] }
        switch kind {
        case 2: return [try example(.classify, request, metadata)]
        case 3: return [try example(.regress, request, metadata)]
        case 4: return try MultiInferenceMessage(request).calls(metadata).map { $0.0 }
        case 6: return [try PredictRequestDecoder.decode(request, for: metadata)]
        default:
            let name = kind == 5 ? "session_run_log" : "predict_streamed_log"
            throw ServingError(
                .unsupported,
                "Unsupported log_type for warmup: \(kind) (\(name)); keep predict, classify, "
                    + "regress and multi_inference logs")
        }
    }

    /// The number of the log's field, and the request in it.
    private static func find(_ record: ByteBuffer) throws(ServingError) -> (Int, ByteBuffer)? {
        let found = try record.withProtobufReader { (reader) throws(ServingError) in
            var found: (kind: Int, range: Range<Int>)?
            while let field = try reader.nextField() {
                guard (2...7).contains(field) else {
                    try reader.skip()
                    continue
                }
                var log = try reader.message()
                found = (field, 0..<0)
                while let field = try log.nextField() {
                    if field == 1 { found?.range = try log.range() } else { try log.skip() }
                }
            }
            return found
        }
        guard let found else { return nil }
        let request = record.getSlice(
            at: record.readerIndex + found.range.lowerBound, length: found.range.count)
        return (found.kind, request ?? ByteBuffer())
    }

    private static func example(
        _ method: ExampleMethod, _ request: ByteBuffer, _ metadata: ModelMetadata
    ) throws(ServingError) -> InferenceRequest {
        let message = try ExampleRequestMessage(request)
        return try ExampleCall.begin(
            method, signatureName: message.modelSpec?.signatureName, message.input, metadata
        ).0
    }
}
