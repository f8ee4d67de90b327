import Inference
import Listener
import NIOCore
import NIOHPACK
import ServingCore
import Synchronization
import TestSupport
import Testing
import Wire

@testable import Protocols

/// Remembers what is sent for calls, by the number of the call.
final class RecordingSink: GRPCResponseSink {
    private struct State {
        var messages: [ByteBuffer] = []
        var status: GRPCStatus?
        var handled = 0
    }

    private let state = Mutex(State())

    var messages: [ByteBuffer] { state.withLock { $0.messages } }
    var status: GRPCStatus? { state.withLock { $0.status } }
    var handled: Int { state.withLock { $0.handled } }

    func send(_ reply: GRPCReply, to call: UInt64) {
        state.withLock { $0.messages.append(reply.message) }
    }

    func finish(_ status: GRPCStatus, to call: UInt64) {
        state.withLock { $0.status = $0.status ?? status }
    }

    func respond(_ reply: GRPCReply, trailers: [GRPCStatus.Trailer], to call: UInt64) {
        state.withLock { state in
            state.messages.append(reply.message)
            state.status = state.status ?? .ok
        }
    }

    func messageHandled(of call: UInt64) { state.withLock { $0.handled += 1 } }
}

/// The gRPC services over the test models, without a socket.
struct TestGRPC {
    let observer = RecordingObserver()
    let service: FakeService
    let services: GRPCServices

    init(_ compatibility: OpenInferenceCompatibility = .kserve) throws {
        let service = try TestModels.service(observer: observer)
        self.service = service
        services = GRPCServices([
            OpenInferenceGRPCService(
                identity: .init(name: "slipway", version: "1.2.3"),
                extensions: OpenInferenceExtensions(
                    service: service, catalog: service, compatibility: compatibility),
                observer: observer,
                readiness: { ServerReadiness(isReady: true, reasons: []) })
        ])
    }

    /// Calls a unary method of the inference service.
    func call(_ method: String, _ message: ByteBuffer = ByteBuffer()) throws
        -> Result<ByteBuffer, GRPCStatus>
    {
        let path = "/inference.GRPCInferenceService/\(method)"
        guard case .unary(let handler) = services.method(at: path) else {
            throw ServingError(.routeNotFound, path)
        }
        let sink = RecordingSink()
        handler.handle(
            GRPCCall(path: path, message: message), GRPCResponder(sink: sink, call: 1))
        let status = try #require(sink.status, "a call is answered")
        return status.code == .ok ? .success(try #require(sink.messages.first)) : .failure(status)
    }

    /// Opens a streaming method of the inference service.
    func open(_ method: String, _ sink: RecordingSink, metadata: HPACKHeaders = [:]) throws
        -> any GRPCStreamReceiver
    {
        let path = "/inference.GRPCInferenceService/\(method)"
        guard case .streaming(let handler) = services.method(at: path) else {
            throw ServingError(.routeNotFound, path)
        }
        return handler.open(
            GRPCCall(path: path, metadata: metadata), GRPCStreamWriter(sink: sink, call: 1))
    }
}

/// A `ModelInferRequest` in the making.
struct InferMessage {
    var buffer = ByteBuffer()

    init(_ model: String, version: String = "", id: String = "") {
        buffer.writeProtobuf(1, string: model)
        buffer.writeProtobufIfSet(2, string: version)
        buffer.writeProtobufIfSet(3, string: id)
    }

    /// Adds an input; `contents` writes the fields of its `InferTensorContents`.
    func input(
        _ name: String, _ type: String, _ shape: [Int64],
        contents: ((inout ByteBuffer) -> Void)? = nil
    ) -> InferMessage {
        var copy = self
        copy.buffer.writeProtobuf(5) { input in
            input.writeProtobuf(1, string: name)
            input.writeProtobuf(2, string: type)
            input.writeProtobuf(3) { packed in
                for extent in shape { packed.writeProtobufVarint(UInt64(bitPattern: extent)) }
            }
            if let contents { input.writeProtobuf(5, message: contents) }
        }
        return copy
    }

    func output(_ name: String) -> InferMessage {
        var copy = self
        copy.buffer.writeProtobuf(6) { $0.writeProtobuf(1, string: name) }
        return copy
    }

    func raw(_ bytes: [UInt8]) -> InferMessage {
        var copy = self
        copy.buffer.writeProtobuf(7) { $0.writeBytes(bytes) }
        return copy
    }

    func parameter(_ name: String, _ value: @escaping (inout ByteBuffer) -> Void) -> InferMessage {
        var copy = self
        copy.buffer.writeProtobuf(4) { entry in
            entry.writeProtobuf(1, string: name)
            entry.writeProtobuf(2, message: value)
        }
        return copy
    }
}

/// The fields of a protobuf message as text, one level deep: `1="half_plus_two" 5=…`.
func fields(_ message: ByteBuffer) throws -> [(field: Int, bytes: [UInt8])] {
    try message.withProtobufReader { (reader) throws(ServingError) in
        var found: [(Int, [UInt8])] = []
        while let field = try reader.nextField() {
            if reader.wireType == .lengthDelimited {
                found.append((field, Array(try reader.payload())))
            } else {
                found.append((field, [UInt8(truncatingIfNeeded: try reader.varint())]))
            }
        }
        return found
    }
}
