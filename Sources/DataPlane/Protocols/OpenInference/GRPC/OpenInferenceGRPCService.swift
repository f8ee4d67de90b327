public import Inference
public import Listener
import NIOCore
import ServingCore
import Wire

/// The Open Inference Protocol over gRPC, with the extensions that Triton's clients know. The
/// interface is grpc_service.proto.
public struct OpenInferenceGRPCService: GRPCService {
    /// The service's full name.
    public static let fullName = "inference.GRPCInferenceService"

    public let name = Self.fullName
    private let identity: OpenInferenceServer.Identity
    private let extensions: OpenInferenceExtensions
    private let observer: any ServerObserver
    private let readiness: @Sendable () -> ServerReadiness

    /// Joins the service with what answers for it; `readiness` is asked on an event loop and must
    /// not block.
    ///
    /// - Parameter extensions: The same value that the REST server has, so that both see the same
    ///   shared memory and settings.
    public init(
        identity: OpenInferenceServer.Identity, extensions: OpenInferenceExtensions,
        observer: any ServerObserver, readiness: @escaping @Sendable () -> ServerReadiness
    ) {
        self.identity = identity
        self.extensions = extensions
        self.observer = observer
        self.readiness = readiness
    }

    public var methods: [String: GRPCMethod] {
        let context = ModelInferPredict.Context(extensions: extensions)
        var streamContext = context
        // MLServer's interface file streams the plain answer.
        streamContext.isStream = extensions.compatibility != .mlserver
        let service = extensions.service
        var methods: [String: GRPCMethod] = [
            "ModelInfer": .unary(
                ModelInferMethod(context: context, service: service, observer: observer)),
            "ModelStreamInfer": .streaming(
                ModelStreamInferMethod(
                    context: streamContext, service: service, observer: observer)),
        ]
        for (name, method) in documentMethods { methods[name] = .unary(method) }
        for (name, method) in repositoryMethods { methods[name] = .unary(method) }
        return methods
    }

    /// The methods that read a small message and answer with a small one at once.
    private var documentMethods: [String: GRPCClosureMethod] {
        let documents = OpenInferenceGRPCDocuments(
            identity: identity, extensions: extensions, readiness: readiness)
        let regions = SharedMemoryMessages(regions: extensions.sharedMemory)
        let settings = SettingsMessages(extensions: extensions)
        return [
            "ServerLive": immediate { _ in GRPCReply { $0.writeProtobuf(1, boolean: true) } },
            "ServerReady": immediate { _ in documents.serverReady() },
            "ModelReady": immediate(documents.modelReady),
            "ServerMetadata": immediate { _ in documents.serverMetadata() },
            "ModelMetadata": immediate(documents.modelMetadata),
            "ModelConfig": immediate(documents.modelConfiguration),
            "ModelStatistics": immediate(documents.modelStatistics),
            "SystemSharedMemoryStatus": immediate(regions.status),
            "SystemSharedMemoryRegister": immediate(regions.register),
            "SystemSharedMemoryUnregister": immediate(regions.unregister),
            "CudaSharedMemoryStatus": immediate { _ in SharedMemoryMessages.empty },
            "CudaSharedMemoryRegister": immediate { _ throws(ServingError) in
                throw SystemSharedMemory.cudaRefusal
            },
            // Clients clean up with this whether they use CUDA or not; there is nothing to forget.
            "CudaSharedMemoryUnregister": immediate { _ in SharedMemoryMessages.empty },
            "TraceSetting": immediate(settings.trace),
            "LogSettings": immediate(settings.log),
        ]
    }

    private var repositoryMethods: [String: GRPCClosureMethod] {
        let messages = RepositoryMessages(repository: extensions.repository)
        return [
            "RepositoryIndex": immediate(messages.index),
            "RepositoryModelLoad": later { messages.load($0, completion: $1) },
            "RepositoryModelUnload": later { messages.unload($0, completion: $1) },
        ]
    }

    private func immediate(
        _ body: @escaping @Sendable (ByteBuffer) throws(ServingError) -> GRPCReply
    ) -> GRPCClosureMethod {
        later { message, completion in
            do throws(ServingError) {
                completion(.success(try body(message)))
            } catch {
                completion(.failure(error))
            }
        }
    }

    /// A method that may answer later, on any thread; refusals are counted.
    private func later(
        _ body:
            @escaping @Sendable (
                ByteBuffer, @escaping @Sendable (Result<GRPCReply, ServingError>) -> Void
            ) -> Void
    ) -> GRPCClosureMethod {
        let observer = observer
        let compatibility = extensions.compatibility
        return GRPCClosureMethod { call, responder in
            body(call.message) { result in
                switch result {
                case .success(let reply): responder.respond(reply)
                case .failure(let error):
                    observer.requestRefused(.openInferenceGRPC, code: error.code)
                    responder.fail(OpenInferenceGRPCStatus.of(error, compatibility))
                }
            }
        }
    }
}

/// `ModelInfer`.
struct ModelInferMethod: GRPCUnaryMethod {
    let context: ModelInferPredict.Context
    let service: any InferenceService
    let observer: any ServerObserver

    func handle(_ call: GRPCCall, _ responder: GRPCResponder) {
        GRPCPredictCall<ModelInferPredict>.run(
            call, in: context, service: service, observer: observer, responder)
    }
}
