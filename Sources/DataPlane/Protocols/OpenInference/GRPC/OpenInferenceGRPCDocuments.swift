import Inference
import Listener
import NIOCore
import ServingCore
import Tensors
import Wire

/// Health, metadata, configuration and statistics, in the messages of grpc_service.proto.
struct OpenInferenceGRPCDocuments: Sendable {
    let identity: OpenInferenceServer.Identity
    let extensions: OpenInferenceExtensions
    let readiness: @Sendable () -> ServerReadiness

    /// `ServerReadyResponse`.
    func serverReady() -> GRPCReply {
        let isReady = readiness().isReady
        return GRPCReply { $0.writeProtobufIfSet(1, boolean: isReady) }
    }

    /// `ModelReadyResponse`.
    ///
    /// - Throws: `model_not_found`; not under Triton's reading, where an unknown model is not ready.
    func modelReady(_ message: ByteBuffer) throws(ServingError) -> GRPCReply {
        let model = try Self.model(message)
        let isReady: Bool
        do throws(ServingError) {
            isReady = try extensions.unreadiness(of: model) == nil
        } catch {
            guard error.code == .modelNotReady || extensions.compatibility == .triton else {
                throw error
            }
            isReady = false
        }
        return GRPCReply { $0.writeProtobufIfSet(1, boolean: isReady) }
    }

    /// `ServerMetadataResponse`.
    func serverMetadata() -> GRPCReply {
        GRPCReply { buffer in
            buffer.writeProtobufIfSet(1, string: identity.name)
            buffer.writeProtobufIfSet(2, string: identity.version)
            for name in extensions.names { buffer.writeProtobuf(3, string: name) }
        }
    }

    /// `ModelMetadataResponse`.
    func modelMetadata(_ message: ByteBuffer) throws(ServingError) -> GRPCReply {
        let model = try Self.model(message)
        let metadata = try extensions.service.acquire(try model.checkedSelector()).servable.metadata
        let versions = extensions.versions(of: metadata, for: model)
        return GRPCReply { buffer in
            buffer.writeProtobuf(1, string: metadata.identity.name.text)
            for version in versions { buffer.writeProtobuf(2, string: version.description) }
            buffer.writeProtobufIfSet(3, string: metadata.platform)
            let signature = metadata.defaultSignature
            for input in signature.inputs { Self.write(input, 4, to: &buffer) }
            for output in signature.outputs { Self.write(output, 5, to: &buffer) }
        }
    }

    /// A `TensorMetadata`; a shape of any rank is given as `[-1]`, as over REST.
    private static func write(
        _ tensor: TensorSpecification, _ field: Int, to buffer: inout ByteBuffer
    ) {
        buffer.writeProtobuf(field) { message in
            message.writeProtobuf(1, string: tensor.name)
            message.writeProtobuf(2, string: tensor.elementType.openInferenceName)
            message.writeProtobuf(3, packedSigned: tensor.wireShape ?? [-1])
        }
    }

    /// `ModelConfigResponse`.
    func modelConfiguration(_ message: ByteBuffer) throws(ServingError) -> GRPCReply {
        let configuration = try extensions.configuration(of: try Self.model(message))
        return GRPCReply { buffer in
            buffer.writeProtobuf(1) { configuration.write(to: &$0) }
        }
    }

    /// `ModelStatisticsResponse`; an empty name asks for all models.
    func modelStatistics(_ message: ByteBuffer) throws(ServingError) -> GRPCReply {
        let (name, version) = try SmallMessage.texts(message)
        let model =
            name.isEmpty ? nil : try ModelVersionText.reference(name, version: version)
        let reports = try extensions.statistics(of: model)
        return GRPCReply { buffer in
            for report in reports { buffer.writeProtobuf(1) { report.write(to: &$0) } }
        }
    }

    private static func model(_ message: ByteBuffer) throws(ServingError) -> ModelReference {
        let (name, version) = try SmallMessage.texts(message)
        return try ModelVersionText.reference(name, version: version)
    }
}

/// Reads messages of which only the first fields matter.
enum SmallMessage {
    /// The string fields 1 and 2; empty when they are not set.
    static func texts(_ message: ByteBuffer) throws(ServingError) -> (String, String) {
        try message.withProtobufReader { (reader) throws(ServingError) in
            var texts = ("", "")
            while let field = try reader.nextField() {
                switch field {
                case 1: texts.0 = try reader.string()
                case 2: texts.1 = try reader.string()
                default: try reader.skip()
                }
            }
            return texts
        }
    }
}
