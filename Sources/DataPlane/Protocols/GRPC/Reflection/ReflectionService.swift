public import Listener
import NIOCore
import ServingCore
import Wire

/// Server reflection: tells grpcurl and its like which services there are and what their messages
/// look like. The interface is grpc/reflection/v1/reflection.proto.
public struct ReflectionService: GRPCService {
    /// The two names of the one interface.
    public enum Version: String, Sendable, CaseIterable {
        case v1
        case v1alpha
    }

    public let name: String
    private let serviceNames: [String]

    /// Describes the services of those full names; add the service's own.
    public init(_ version: Version, services: [String]) {
        name = Self.name(of: version)
        serviceNames = services.sorted()
    }

    /// The service's full name.
    public static func name(of version: Version) -> String {
        "grpc.reflection.\(version.rawValue).ServerReflection"
    }

    public var methods: [String: GRPCMethod] {
        ["ServerReflectionInfo": .streaming(ReflectionMethod(serviceNames: serviceNames))]
    }
}

/// Answers each request of a reflection stream with one reply, at once and in order.
struct ReflectionMethod: GRPCStreamingMethod {
    let serviceNames: [String]

    func open(_ call: GRPCCall, _ writer: GRPCStreamWriter) -> any GRPCStreamReceiver {
        Receiver(method: self, writer: writer)
    }

    /// Answers a request; damage ends the stream.
    func reply(to message: ByteBuffer) -> Result<GRPCReply, GRPCStatus> {
        do throws(ServingError) {
            let index = try DescriptorSets.index.get()
            let request = try ReflectionRequest(message)
            return .success(request.reply(index, serviceNames: serviceNames))
        } catch {
            let isTheirs = error.source == .client
            return .failure(
                GRPCStatus(isTheirs ? .invalidArgument : .internalError, error.message))
        }
    }

    private final class Receiver: GRPCStreamReceiver {
        private let method: ReflectionMethod
        private let writer: GRPCStreamWriter

        init(method: ReflectionMethod, writer: GRPCStreamWriter) {
            self.method = method
            self.writer = writer
        }

        func received(_ message: ByteBuffer) {
            switch method.reply(to: message) {
            case .success(let reply): writer.send(reply)
            case .failure(let status): writer.finish(status)
            }
            writer.messageHandled()
        }

        func ended() { writer.finish(.ok) }

        func cancelled() { writer.finish(.ok) }
    }
}
