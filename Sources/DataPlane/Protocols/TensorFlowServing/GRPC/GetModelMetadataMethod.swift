import Inference
import Listener
import NIOCore
import ServingCore
import Wire

/// Answers `PredictionService.GetModelMetadata`.
///
/// Request: model_spec 1, metadata_field 2 (repeated). Answer: model_spec 1, metadata 2 (a map of
/// `google.protobuf.Any`).
struct GetModelMetadataMethod: GRPCUnaryMethod {
    /// The one field that is known.
    static let signatureDefinition = "signature_def"

    let service: any InferenceService
    let observer: any ServerObserver

    func handle(_ call: GRPCCall, _ responder: GRPCResponder) {
        do throws(ServingError) {
            let model = try Self.model(of: call.message)
            let lease = try GRPCPredictCall<TensorFlowServingGRPCPredict<TypedReplies>>.acquire(
                model, from: service)
            responder.respond(Self.reply(lease.servable.metadata))
        } catch {
            observer.requestRefused(.tensorFlowServingGRPC, code: error.code)
            responder.fail(TensorFlowServingGRPCStatus.of(error))
        }
    }

    /// Reads the request and checks it in the original's order.
    private static func model(of message: ByteBuffer) throws(ServingError) -> ModelReference {
        var spec: ModelSpecMessage?
        var fields = 0
        var unknown: String?
        try message.withProtobufReader { (reader) throws(ServingError) in
            while let field = try reader.nextField() {
                switch field {
                case 1: try ModelSpecMessage.merge(reader.message(), into: &spec)
                case 2:
                    let name = try reader.string()
                    fields += 1
                    if name != signatureDefinition { unknown = unknown ?? name }
                default: try reader.skip()
                }
            }
        }
        let model = try ModelSpecMessage.required(spec)
        guard fields > 0 else {
            throw ServingError(
                .invalidRequest,
                "GetModelMetadataRequest must specify at least one metadata_field")
        }
        if let unknown {
            throw ServingError(
                .invalidRequest, "Metadata field \(unknown.clipped()) is not supported")
        }
        return try model.reference()
    }

    private static func reply(_ metadata: ModelMetadata) -> GRPCReply {
        GRPCReply { buffer in
            ModelSpecMessage.write(
                1, name: metadata.identity.name.text, version: metadata.identity.version,
                signatureName: nil, to: &buffer)
            buffer.writeProtobuf(2) { buffer in
                buffer.writeProtobuf(1, string: signatureDefinition)
                buffer.writeProtobuf(2) { buffer in
                    buffer.writeProtobuf(1, string: SignatureDefinitionMap.typeURL)
                    buffer.writeProtobuf(2) { buffer in
                        SignatureDefinitionMap.write(metadata, to: &buffer)
                    }
                }
            }
        }
    }
}
