import EngineInterface
import Glibc
import Inference
import Models
import NIOCore
import Protocols
import ServingCore

/// Reads the requests recorded beside a model: one JSON body a line, in either protocol's form.
struct RecordedRequests: WarmUpReader {
    /// The file's name in a version directory.
    static let fileName = "warmup_requests.jsonl"

    func requests(in files: ModelFiles, metadata: ModelMetadata) throws(ServingError)
        -> [InferenceRequest]
    {
        guard let entry = files.entry(Self.fileName), !entry.isDirectory else { return [] }
        let path = files.path(of: Self.fileName)
        let bytes = try FileBytes.read(
            path, limit: Limits.bodyBytesMaximum, what: "recorded warm-up requests",
            regularOnly: true)
        var requests: [InferenceRequest] = []
        let lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated()
        where !line.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) {
            guard requests.count < Limits.warmUpRequestsMaximum else {
                throw ServingError(
                    .modelInvalid,
                    "\(path) has more than \(Limits.warmUpRequestsMaximum) requests; keep the "
                        + "ones that differ")
            }
            do throws(ServingError) {
                let body = ByteBuffer(bytes: line)
                requests.append(try PredictBodyDecoder.decode(body, for: metadata))
            } catch {
                throw ServingError(
                    .modelInvalid, "\(path), line \(index + 1): \(error.message)", cause: error)
            }
        }
        return requests
    }
}
