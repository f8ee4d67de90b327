import Inference
import NIOCore
import ServingCore
import TestSupport
import Tensors
import Testing
import Wire

@testable import Protocols

@Suite struct PredictionLogTests {
    private static func metadata() throws -> ModelMetadata {
        try TestModels.halfPlusTwo(RecordingObserver()).metadata
    }

    /// A log of one kind, with the request that `write` appends.
    private static func log(_ kind: Int, _ write: (inout ByteBuffer) -> Void) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.writeProtobuf(1, message: { $0.writeProtobuf(1, string: "log metadata") })
        buffer.writeProtobuf(kind) { log in
            log.writeProtobuf(2, string: "the logged response")
            log.writeProtobuf(1, message: write)
        }
        return buffer
    }

    /// One example {"x": 1.5} as field 2, an `Input`.
    private static func writeInput(_ buffer: inout ByteBuffer) {
        var examples = JSONExampleReader()
        let read: Void? = try? ByteBuffer(string: #"{"x": 1.5}"#).withJSONScanner(.strict) {
            (scanner) throws(ServingError) in try examples.readNext(from: &scanner)
        }
        #expect(read != nil)
        let input = examples.finish()
        buffer.writeProtobuf(2) { buffer in
            buffer.writeProtobuf(1) { list in
                input.bytes.withUnsafeReadableBytes { list.writeProtobuf(1, bytes: $0) }
            }
        }
    }

    private static func writePredict(_ buffer: inout ByteBuffer) {
        buffer.writeProtobuf(1) { $0.writeProtobuf(1, string: "the model's name is ignored") }
        buffer.writeProtobuf(2) { entry in
            entry.writeProtobuf(1, string: "x")
            entry.writeProtobuf(2) { tensor in
                tensor.writeProtobuf(1, varint: 1)
                tensor.writeProtobuf(2) { $0.writeProtobuf(2) { $0.writeProtobuf(1, signed: 1) } }
                tensor.writeProtobuf(5, float: 1.5)
            }
        }
    }

    @Test(arguments: [3, 6])
    func readsRegressAndPredictLogs(kind: Int) throws {
        let record = Self.log(kind, kind == 3 ? Self.writeInput : Self.writePredict)
        let requests = try PredictionLogDecoder.decode(record, for: try Self.metadata())
        let request = try #require(requests.first)
        #expect(requests.count == 1)
        #expect(request.signatureName == "serving_default")
        #expect(request.inputs.map(\.name) == ["x"])
        #expect(request.inputs[0].tensor.values(as: Float.self) == [1.5])
    }

    @Test func readsClassifyLogs() throws {
        let metadata = try #require(
            try ExampleModels.all(RecordingObserver()).first {
                $0.metadata.identity.name.text == "short"
            }?.metadata)
        let requests = try PredictionLogDecoder.decode(
            Self.log(2, Self.writeInput), for: metadata)
        #expect(requests.map(\.outputNames) == [["scores"]])
    }

    @Test func aMultiInferenceIsOneRequestForEachTask() throws {
        let record = Self.log(4) { buffer in
            for signature in ["serving_default", "halves"] {
                buffer.writeProtobuf(1) { task in
                    task.writeProtobuf(1) { spec in
                        spec.writeProtobuf(1, string: "m")
                        spec.writeProtobuf(3, string: signature)
                    }
                    task.writeProtobuf(2, string: "tensorflow/serving/regress")
                }
            }
            Self.writeInput(&buffer)
        }
        let requests = try PredictionLogDecoder.decode(record, for: try Self.metadata())
        #expect(requests.map(\.signatureName) == ["serving_default", "halves"])
    }

    @Test func aRecordWithoutALogAsksNothing() throws {
        #expect(try PredictionLogDecoder.decode(ByteBuffer(), for: try Self.metadata()).isEmpty)
    }

    @Test(arguments: [
        (5, "Unsupported log_type for warmup: 5 (session_run_log)"),
        (7, "Unsupported log_type for warmup: 7 (predict_streamed_log)"),
        (2, "Input is empty."), (3, "Input is empty."),
        (6, "input size does not match signature"),
    ])
    func refusesWhatCannotBeReplayed(kind: Int, words: String) throws {
        let metadata = try kind == 2 ? Self.classifier() : Self.metadata()
        do throws(ServingError) {
            _ = try PredictionLogDecoder.decode(Self.log(kind) { _ in }, for: metadata)
            Issue.record("a log of kind \(kind) was read")
        } catch {
            #expect(error.message.contains(words))
        }
    }

    private static func classifier() throws -> ModelMetadata {
        try TestModels.digits(1, RecordingObserver()).metadata
    }

    @Test func everyRecordThatIsCutShortIsRefusedOrRead() throws {
        let metadata = try Self.metadata()
        for kind in [3, 6] {
            let record = Self.log(kind, kind == 3 ? Self.writeInput : Self.writePredict)
            for count in 0..<record.readableBytes {
                let part = try #require(record.getSlice(at: 0, length: count))
                let read = try? PredictionLogDecoder.decode(part, for: metadata)
                // Only what ends between the fields of the record is a record.
                #expect(read == nil || read?.isEmpty == true)
            }
        }
    }
}
