public import Inference
public import Listener
public import NIOCore
import ServingCore
import Wire

/// The standard health service, which Kubernetes probes and load balancers ask. The interface is
/// grpc/health/v1/health.proto.
public struct HealthService: GRPCService {
    /// The service's full name.
    public static let fullName = "grpc.health.v1.Health"

    public let name = Self.fullName
    private let state: HealthState
    private let watches: HealthWatches

    /// Joins the service with what it tells of; `services` are the full names of the listener's
    /// services, `readiness` is asked on an event loop and must not block.
    ///
    /// - Parameter eventLoop: Where changes are looked for while somebody watches.
    public init(
        services: [String], service: any InferenceService, catalog: any ModelCatalog,
        eventLoop: any EventLoop, readiness: @escaping @Sendable () -> ServerReadiness
    ) {
        let state = HealthState(
            services: services, service: service, catalog: catalog, readiness: readiness)
        self.state = state
        watches = HealthWatches(state, eventLoop: eventLoop)
    }

    public var methods: [String: GRPCMethod] {
        let state = state
        return [
            "Check": .unary(
                GRPCClosureMethod { call, responder in
                    Self.answer(responder) { () throws(ServingError) in
                        try Self.check(call.message, state)
                    }
                }),
            "List": .unary(
                GRPCClosureMethod { _, responder in
                    responder.respond(Self.list(state))
                }),
            "Watch": .streaming(HealthWatchMethod(watches: watches)),
        ]
    }

    /// Tells every watcher that nothing is served any more and ends its call, so that calls without
    /// an end do not hold up a draining server.
    public func endWatches() { watches.endAll() }

    private static func answer(
        _ responder: GRPCResponder, _ body: () throws(ServingError) -> GRPCReply
    ) {
        do throws(ServingError) {
            responder.respond(try body())
        } catch {
            responder.fail(
                GRPCStatus(
                    error.code == .modelNotFound ? .notFound : .invalidArgument, error.message))
        }
    }

    private static func check(_ message: ByteBuffer, _ state: HealthState) throws(ServingError)
        -> GRPCReply
    {
        let name = try serviceName(message)
        guard let status = state.status(of: name) else {
            throw ServingError(.modelNotFound, "unknown service '\(name.clipped())'")
        }
        return reply(status)
    }

    /// Reads a `HealthCheckRequest`.
    static func serviceName(_ message: ByteBuffer) throws(ServingError) -> String {
        try message.withProtobufReader { (reader) throws(ServingError) in
            var name = ""
            while let field = try reader.nextField() {
                if field == 1 { name = try reader.string() } else { try reader.skip() }
            }
            return name
        }
    }

    /// A `HealthCheckResponse`.
    static func reply(_ status: ServingStatus) -> GRPCReply {
        GRPCReply { $0.writeProtobuf(1, varint: status.rawValue) }
    }

    private static func list(_ state: HealthState) -> GRPCReply {
        GRPCReply { buffer in
            for (name, status) in state.all() {
                buffer.writeProtobuf(1) { entry in
                    entry.writeProtobuf(1, string: name)
                    entry.writeProtobuf(2) { $0.writeProtobuf(1, varint: status.rawValue) }
                }
            }
        }
    }
}
