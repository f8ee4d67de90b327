import Inference
import Listener
import NIOCore
import ServingCore
import Synchronization
import TestSupport
import Testing

@testable import Protocols

/// The services of TensorFlow Serving over the test models, without a socket.
struct TensorFlowServingGRPCServer {
    let observer = RecordingObserver()
    let service: FakeService
    let administration = RecordingAdministration()
    let services: GRPCServices

    init(tensorContent: Bool = false, hasAdministration: Bool = true) throws {
        service = try TestModels.service(observer: observer)
        services = GRPCServices([
            TensorFlowServingPredictionService(
                service: service, observer: observer, tensorContent: tensorContent),
            TensorFlowServingModelService(
                catalog: service, observer: observer,
                administration: hasAdministration ? administration : nil),
        ])
    }

    /// Calls a method of `PredictionService` or `ModelService`, and returns its one answer.
    func call(_ method: String, _ message: ByteBuffer) throws -> Result<ByteBuffer, GRPCStatus> {
        let path = "/tensorflow.serving.\(method)"
        guard case .unary(let handler) = services.method(at: path) else {
            throw GRPCStatus(.unimplemented, path)
        }
        let sink = Sink()
        handler.handle(
            GRPCCall(path: path, message: message), GRPCResponder(sink: sink, call: 1))
        let answers = sink.answers.withLock { $0 }
        #expect(answers.count == 1, "a call has exactly one answer")
        #expect(service.leases == 0, "the lease is given back")
        return try #require(answers.first)
    }

    /// Calls `Predict` with a message made by hand.
    func predict(_ message: ByteBuffer) throws -> Result<ByteBuffer, GRPCStatus> {
        try call("PredictionService/Predict", message)
    }

    private final class Sink: GRPCResponseSink {
        let answers = Mutex([Result<ByteBuffer, GRPCStatus>]())

        func respond(_ reply: GRPCReply, trailers: [GRPCStatus.Trailer], to call: UInt64) {
            answers.withLock { $0.append(.success(reply.message)) }
        }

        func finish(_ status: GRPCStatus, to call: UInt64) {
            answers.withLock { $0.append(.failure(status)) }
        }

        func send(_ reply: GRPCReply, to call: UInt64) {}
        func messageHandled(of call: UInt64) {}
    }
}

/// Remembers which models it is told to serve.
final class RecordingAdministration: ModelAdministration {
    struct State {
        var replaced: [[ModelDescription]] = []
        var result: Result<Void, ServingError> = .success(())
        var allowsReplacing = true
    }

    let state = Mutex(State())

    var allowsLoading: Bool { false }
    var allowsReplacing: Bool { state.withLock { $0.allowsReplacing } }

    func replaceModels(
        _ models: [ModelDescription],
        completion: @escaping @Sendable (Result<Void, ServingError>) -> Void
    ) {
        let result = state.withLock { state in
            state.replaced.append(models)
            return state.result
        }
        completion(result)
    }

    func loadModel(
        _ request: ModelLoadRequest,
        completion: @escaping @Sendable (Result<Void, ServingError>) -> Void
    ) { completion(.failure(ServingError(.unsupported, "not here"))) }

    func unloadModel(
        _ name: ModelName, completion: @escaping @Sendable (Result<Void, ServingError>) -> Void
    ) { completion(.failure(ServingError(.unsupported, "not here"))) }

    func repositoryIndex() -> [RepositoryEntry] { [] }
    func location(of name: ModelName) -> String? { nil }
}

extension Result<ByteBuffer, GRPCStatus> {
    /// The answer in hexadecimal; nil for an error.
    var hexadecimal: String? {
        guard case .success(let message) = self else { return nil }
        return message.readableBytesView.map { byte in
            let digits = String(byte, radix: 16)
            return digits.count < 2 ? "0" + digits : digits
        }.joined()
    }

    /// The error; nil for an answer.
    var status: GRPCStatus? {
        guard case .failure(let status) = self else { return nil }
        return status
    }
}

/// The bytes that hexadecimal digits stand for.
func message(hex: String) -> ByteBuffer {
    let digits = hex.compactMap(\.hexDigitValue)
    var buffer = ByteBuffer()
    for index in stride(from: 0, to: digits.count - 1, by: 2) {
        buffer.writeInteger(UInt8(digits[index] << 4 | digits[index + 1]))
    }
    return buffer
}
