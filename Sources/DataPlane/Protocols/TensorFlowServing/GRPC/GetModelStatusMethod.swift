import Inference
import Listener
import NIOCore
import ServingCore
import Wire

/// Answers `ModelService.GetModelStatus`.
///
/// Request: model_spec 1. Answer: model_version_status 1 (repeated), each with version 1, state 2 and
/// status 3. A label in the request selects nothing: all versions come back, as in the original.
struct GetModelStatusMethod: GRPCUnaryMethod {
    let catalog: any ModelCatalog
    let observer: any ServerObserver

    func handle(_ call: GRPCCall, _ responder: GRPCResponder) {
        do throws(ServingError) {
            let spec = try Self.read(call.message)
            let versions = try ModelStatusReply.versions(
                ModelReference(name: spec.name, choice: spec.choice), catalog)
            responder.respond(
                GRPCReply { buffer in
                    for version in versions {
                        buffer.writeProtobuf(1) { Self.write(version, to: &$0) }
                    }
                })
        } catch {
            observer.requestRefused(.tensorFlowServingGRPC, code: error.code)
            responder.fail(TensorFlowServingGRPCStatus.of(error))
        }
    }

    private static func read(_ message: ByteBuffer) throws(ServingError) -> ModelSpecMessage {
        var spec: ModelSpecMessage?
        try message.withProtobufReader { (reader) throws(ServingError) in
            while let field = try reader.nextField() {
                if field == 1 {
                    try ModelSpecMessage.merge(reader.message(), into: &spec)
                } else {
                    try reader.skip()
                }
            }
        }
        return try ModelSpecMessage.required(spec)
    }

    private static func write(_ version: VersionStatus, to buffer: inout ByteBuffer) {
        buffer.writeProtobufIfSet(1, signed: version.version.number)
        buffer.writeProtobuf(2, varint: number(of: version.state))
        StatusMessage.write(3, version.error, to: &buffer)
    }

    /// The number of a state in `ModelVersionStatus.State`.
    private static func number(of state: VersionState) -> UInt64 {
        switch state {
        case .start: 10
        case .loading: 20
        case .available: 30
        case .unloading: 40
        case .end: 50
        }
    }
}

/// `tensorflow.serving.StatusProto`: error_code 1, error_message 2.
enum StatusMessage {
    /// Appends the message as a field; an empty one for success.
    static func write(_ field: Int, _ error: ServingError?, to buffer: inout ByteBuffer) {
        buffer.writeProtobuf(field) { buffer in
            guard let error else { return }
            let code = TensorFlowServingStatus.of(error.code).canonical.grpcCode
            buffer.writeProtobufIfSet(1, signed: Int64(code.rawValue))
            buffer.writeProtobufIfSet(2, string: error.message)
        }
    }
}
