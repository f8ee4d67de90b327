import EngineInterface
import Glibc
import Inference
import Models
import NIOCore
import Protocols
import ServingCore
import Wire

/// Reads the requests recorded beside a model: one JSON body a line, in either protocol's form, and
/// TensorFlow Serving's warm-up file.
struct RecordedRequests: WarmUpReader {
    /// The file's name in a version directory.
    static let fileName = "warmup_requests.jsonl"
    /// TensorFlow Serving's: a TFRecord file of `PredictionLog` messages.
    static let logName = "assets.extra/tf_serving_warmup_requests"

    func requests(in files: ModelFiles, metadata: ModelMetadata) throws(ServingError)
        -> [InferenceRequest]
    {
        var requests: [InferenceRequest] = []
        if let bytes = try bytes(of: Self.fileName, in: files) {
            try readLines(bytes, files.path(of: Self.fileName), metadata, &requests)
        }
        if let bytes = try bytes(of: Self.logName, in: files) {
            try readRecords(bytes, files.path(of: Self.logName), metadata, &requests)
        }
        return requests
    }

    private func bytes(of name: String, in files: ModelFiles) throws(ServingError) -> [UInt8]? {
        guard let entry = files.entry(name), !entry.isDirectory else { return nil }
        return try FileBytes.read(
            files.path(of: name), limit: Limits.bodyBytesMaximum,
            what: "recorded warm-up requests", regularOnly: true)
    }

    private func readLines(
        _ bytes: [UInt8], _ path: String, _ metadata: ModelMetadata,
        _ requests: inout [InferenceRequest]
    ) throws(ServingError) {
        let lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated()
        where !line.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) {
            do throws(ServingError) {
                let body = ByteBuffer(bytes: line)
                requests.append(try PredictBodyDecoder.decode(body, for: metadata))
            } catch {
                throw ServingError(
                    .modelInvalid, "\(path), line \(index + 1): \(error.message)", cause: error)
            }
            try check(requests.count, path)
        }
    }

    private func readRecords(
        _ bytes: [UInt8], _ path: String, _ metadata: ModelMetadata,
        _ requests: inout [InferenceRequest]
    ) throws(ServingError) {
        var records = TFRecordReader(ByteBuffer(bytes: bytes))
        while true {
            let record: ByteBuffer?
            do throws(ServingError) {
                record = try records.next()
            } catch {
                throw ServingError(
                    .modelInvalid,
                    "\(path), \(error.message). Please verify your warmup data is in TFRecord "
                        + "format.",
                    cause: error)
            }
            guard let record else { return }
            do throws(ServingError) {
                requests += try PredictionLogDecoder.decode(record, for: metadata)
            } catch {
                throw ServingError(
                    .modelInvalid, "\(path), record \(records.count): \(error.message)",
                    cause: error)
            }
            try check(max(requests.count, records.count), path)
        }
    }

    private func check(_ count: Int, _ path: String) throws(ServingError) {
        guard count <= Limits.warmUpRequestsMaximum else {
            throw ServingError(
                .modelInvalid,
                "with \(path) the model has more than \(Limits.warmUpRequestsMaximum) recorded "
                    + "requests; keep the ones that differ")
        }
    }
}
