import Inference
import Listener
import NIOCore
import ServingCore
import Synchronization
import TestSupport
import Testing
import Wire

@testable import Protocols

/// Takes the answers of unary calls.
private final class UnaryAnswers: GRPCResponseSink {
    private let results = Mutex([Result<GRPCReply, GRPCStatus>]())

    var all: [Result<GRPCReply, GRPCStatus>] { results.withLock { $0 } }

    func respond(_ reply: GRPCReply, trailers: [GRPCStatus.Trailer], to call: UInt64) {
        results.withLock { $0.append(.success(reply)) }
    }

    func finish(_ status: GRPCStatus, to call: UInt64) {
        results.withLock { $0.append(.failure(status)) }
    }

    func send(_ reply: GRPCReply, to call: UInt64) {}
    func messageHandled(of call: UInt64) {}
}

/// The service over the test models, without a socket.
private struct ExampleService {
    let observer = RecordingObserver()
    let service: FakeService
    let methods: [String: GRPCMethod]

    init() throws {
        let observer = observer
        let service = try TestModels.service(observer: observer)
        self.service = service
        methods =
            TensorFlowServingPredictionService(service: service, observer: observer).methods
    }

    func call(_ method: String, _ message: ByteBuffer) throws -> Result<GRPCReply, GRPCStatus> {
        let answers = UnaryAnswers()
        guard case .unary(let handler)? = methods[method] else {
            throw ServingError(.routeNotFound, method)
        }
        handler.handle(
            GRPCCall(path: "/" + method, message: message),
            GRPCResponder(sink: answers, call: 1))
        #expect(answers.all.count == 1, "a call has exactly one answer")
        #expect(service.leases == 0)
        return try #require(answers.all.first)
    }

    /// The message of the answer; fails the test for an error.
    func reply(_ method: String, _ message: ByteBuffer) throws -> ByteBuffer {
        try call(method, message).get().message
    }

    func failure(_ method: String, _ message: ByteBuffer) throws -> GRPCStatus? {
        if case .failure(let status) = try call(method, message) { status } else { nil }
    }
}

private func spec(_ field: Int, _ name: String, _ signature: String, to buffer: inout ByteBuffer) {
    buffer.writeProtobuf(field) { spec in
        spec.writeProtobufIfSet(1, string: name)
        spec.writeProtobufIfSet(3, string: signature)
    }
}

/// An `Input` with one float feature an example.
private func input(
    _ field: Int, _ feature: String, _ values: [[Float]], to buffer: inout ByteBuffer
) {
    buffer.writeProtobuf(field) { input in
        input.writeProtobuf(1) { list in
            for row in values {
                list.writeProtobuf(1) { example in
                    example.writeProtobuf(1) { features in
                        features.writeProtobuf(1) { entry in
                            entry.writeProtobuf(1, string: feature)
                            entry.writeProtobuf(2) { value in
                                value.writeProtobuf(2) { floats in
                                    for number in row { floats.writeProtobuf(1, float: number) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

private func request(
    _ model: String, signature: String = "", _ feature: String, _ values: [[Float]]
) -> ByteBuffer {
    var buffer = ByteBuffer()
    spec(1, model, signature, to: &buffer)
    input(2, feature, values, to: &buffer)
    return buffer
}

private let classify = ExampleMethod.classify.rawValue
private let regress = ExampleMethod.regress.rawValue

private func multi(_ tasks: [(model: String, signature: String, method: String)], _ values: [Float])
    -> ByteBuffer
{
    var buffer = ByteBuffer()
    for task in tasks {
        buffer.writeProtobuf(1) { buffer in
            spec(1, task.model, task.signature, to: &buffer)
            buffer.writeProtobuf(2, string: task.method)
        }
    }
    input(2, "x", values.map { [$0] }, to: &buffer)
    return buffer
}

@Suite struct ExampleGRPCTests {
    @Test func classifiesWithLabelsAndScores() throws {
        let service = try ExampleService()
        let reply = try service.reply("Classify", request("iris", "petal", [[1], [2]]))
        var expected = ByteBuffer()
        expected.writeProtobuf(1) { result in
            for _ in 0..<2 {
                result.writeProtobuf(1) { row in
                    for (label, score) in [("setosa", Float(0.75)), ("7", 0.25)] {
                        row.writeProtobuf(1) {
                            $0.writeProtobuf(1, string: label)
                            $0.writeProtobuf(2, float: score)
                        }
                    }
                }
            }
        }
        ModelSpecMessage.write(
            2, name: "iris", version: ModelVersion(1), signatureName: "serving_default",
            to: &expected)
        #expect(reply == expected)
        #expect(service.observer.events == ["request tfs_grpc ok"])
    }

    @Test func regressesBySignature() throws {
        let service = try ExampleService()
        let reply = try service.reply(
            "Regress", request("half_plus_two", signature: "halves", "x", [[1], [-4]]))
        var expected = ByteBuffer()
        expected.writeProtobuf(1) { result in
            result.writeProtobuf(1) { $0.writeProtobuf(1, float: 2.5) }
            // Zero is the default, so nothing is written.
            result.writeProtobuf(1) { _ in }
        }
        ModelSpecMessage.write(
            2, name: "half_plus_two", version: ModelVersion(123), signatureName: "halves",
            to: &expected)
        #expect(reply == expected)
    }

    @Test(arguments: [
        ("Classify", ByteBuffer(), GRPCStatus(.invalidArgument, "Missing ModelSpec")),
        (
            "Regress", request("", "x", [[1]]),
            GRPCStatus(.invalidArgument, "ModelSpec has no name specified.")
        ),
        (
            "Regress", request("nope", "x", [[1]]),
            GRPCStatus(.notFound, "Servable not found for request: Latest(nope)")
        ),
        (
            "Regress", request("half_plus_two", "x", []),
            GRPCStatus(.invalidArgument, "Input is empty.")
        ),
        (
            "Regress", request("half_plus_two", signature: "no", "x", [[1]]),
            GRPCStatus(.invalidArgument, "No signature was found with the name: no")
        ),
        (
            "Classify", request("short", "x", [[1], [2]]),
            GRPCStatus(.invalidArgument, "Expected scores output batch size of 2. Got: 1")
        ),
        (
            "Regress", ByteBuffer(bytes: [0x0A, 0x7F]),
            GRPCStatus(
                .invalidArgument,
                "the message is no valid protobuf: field 1 has 127 bytes, but 0 are left")
        ),
    ])
    func refusesInTensorFlowServingsWords(
        method: String, message: ByteBuffer, expected: GRPCStatus
    ) throws {
        let service = try ExampleService()
        #expect(try service.failure(method, message) == expected)
        #expect(service.observer.events.count == 1)
    }

    @Test func multiInferenceAnswersEachTask() throws {
        let service = try ExampleService()
        let message = multi(
            [("half_plus_two", "halves", regress), ("half_plus_two", "", regress)], [2])
        let reply = try service.reply("MultiInference", message)
        var expected = ByteBuffer()
        for signature in ["halves", "serving_default"] {
            expected.writeProtobuf(1) { result in
                ModelSpecMessage.write(
                    1, name: "half_plus_two", version: ModelVersion(123),
                    signatureName: signature, to: &result)
                result.writeProtobuf(3) { regression in
                    regression.writeProtobuf(1) { $0.writeProtobuf(1, float: 3) }
                }
            }
        }
        #expect(reply == expected)
        #expect(service.observer.events == ["request tfs_grpc ok"])
    }

    @Test func multiInferenceClassifies() throws {
        let service = try ExampleService()
        let reply = try service.reply("MultiInference", multi([("several", "", classify)], [0.5]))
        var expected = ByteBuffer()
        expected.writeProtobuf(1) { result in
            ModelSpecMessage.write(
                1, name: "several", version: ModelVersion(3), signatureName: "serving_default",
                to: &result)
            result.writeProtobuf(2) { classification in
                classification.writeProtobuf(1) { row in
                    row.writeProtobuf(1) { $0.writeProtobuf(2, float: 0.5) }
                    row.writeProtobuf(1) { $0.writeProtobuf(2, float: -0.0) }
                }
            }
        }
        #expect(reply == expected)
    }

    @Test(
        arguments: [
            ([], [1], .invalidArgument, "ModelSpec has no name specified."),
            (
                [("several", "", classify), ("", "value", regress)], [1], .invalidArgument,
                "Found ModelSpec with an empty model name."
            ),
            (
                [("several", "", classify), ("digits", "", regress)], [1], .invalidArgument,
                "All ModelSpecs in a MultiInferenceRequest must access the same model name."
            ),
            (
                [("several", "", classify), ("several", "serving_default", classify)], [1],
                .invalidArgument, "Duplicate evaluation of signature: serving_default"
            ),
            (
                [("several", "no", classify)], [1], .invalidArgument,
                "Requested signature not found in model graph: no"
            ),
            (
                [("several", "", "tensorflow/serving/predict")], [1], .unimplemented,
                "Unsupported signature method_name: tensorflow/serving/predict"
            ),
            ([("several", "", classify)], [], .invalidArgument, "Input is empty."),
            (
                [("several", "", classify), ("several", "value", regress)], [1], .invalidArgument,
                "Expected output Tensor shape to be either [batch_size] or [batch_size, 1] "
                    + "but got [1,2]"
            ),
            ([("several", "", classify)], [-1], .internalError, "no roots of negative numbers"),
        ] as [([(String, String, String)], [Float], GRPCStatus.Code, String)])
    func multiInferenceRefusesInTensorFlowServingsWords(
        tasks: [(String, String, String)], values: [Float], code: GRPCStatus.Code, words: String
    ) throws {
        let service = try ExampleService()
        let tasks = tasks.map { (model: $0.0, signature: $0.1, method: $0.2) }
        let status = try service.failure("MultiInference", multi(tasks, values))
        #expect(status == GRPCStatus(code, words))
        #expect(service.observer.events.count == 1)
    }
}
