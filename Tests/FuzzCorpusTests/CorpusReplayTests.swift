import FuzzTargets
import Glibc
import Testing

/// Every input that is kept in `Fuzz/Corpus` goes through its fuzz target again.
///
/// A broken promise stops the process, so a test that ends has passed.
@Suite struct CorpusReplayTests {
    private typealias Target = @Sendable (UnsafeRawBufferPointer) -> Void

    private static let targets: [String: Target] = [
        "BinaryTensors": { fuzzBinaryTensors($0) },
        "ExampleRequests": { fuzzExampleRequests($0) },
        "Examples": { fuzzExamples($0) },
        "ExtensionRequests": { fuzzExtensionRequests($0) },
        "GRPCMessages": { fuzzGRPCMessages($0) },
        "HTTP2Frames": { fuzzHTTP2Frames($0) },
        "HTTPRequests": { fuzzHTTPRequests($0) },
        "InvocationsBody": { fuzzInvocationsBody($0) },
        "JSONDocument": { fuzzJSONDocument($0) },
        "JSONTensorReader": { fuzzJSONTensorReader($0) },
        "LightGBMModel": { fuzzLightGBMModel($0) },
        "ModelConfiguration": { fuzzModelConfiguration($0) },
        "ModelInferRequest": { fuzzModelInferRequest($0) },
        "ParquetFile": { fuzzParquetFile($0) },
        "PredictBody": { fuzzPredictBody($0) },
        "PredictRequest": { fuzzPredictRequest($0) },
        "RequestPath": { fuzzRequestPath($0) },
        "SavedModel": { fuzzSavedModel($0) },
        "SparkPipeline": { fuzzSparkPipeline($0) },
        "MXNetParams": { fuzzMXNetParams($0) },
        "TFRecord": { fuzzTFRecord($0) },
        "TensorProto": { fuzzTensorProto($0) },
        "TextProtobuf": { fuzzTextProtobuf($0) },
        "TorchFile": { fuzzTorchFile($0) },
        "YAMLValue": { fuzzYAMLValue($0) },
        "WorkerProtocol": { fuzzWorkerProtocol($0) },
        "XGBoostModel": { fuzzXGBoostModel($0) },
    ]

    @Test(arguments: targets.keys.sorted())
    func replaysEveryInput(folder: String) throws {
        let target = try #require(Self.targets[folder])
        let files = Self.files(in: Self.corpus + folder)
        #expect(files.count > 10, "the corpus is where the tests look for it")
        for file in files {
            let bytes = try #require(Self.read(file), "\(file) can be read")
            bytes.withUnsafeBytes { target($0) }
        }
    }

    private static var corpus: String {
        let parts = #filePath.split(separator: "/", omittingEmptySubsequences: false)
        return parts.dropLast(3).joined(separator: "/") + "/Fuzz/Corpus/"
    }

    private static func files(in directory: String) -> [String] {
        guard let stream = opendir(directory) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let item = readdir(stream) {
            let name = withUnsafeBytes(of: &item.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if !name.hasPrefix(".") { names.append(directory + "/" + name) }
        }
        return names.sorted()
    }

    private static func read(_ path: String) -> [UInt8]? {
        guard let file = fopen(path, "rb") else { return nil }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        let count = fread(&bytes, 1, bytes.count, file)
        return Array(bytes.prefix(count))
    }
}
