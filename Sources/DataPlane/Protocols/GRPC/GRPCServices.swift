public import Listener

/// One gRPC service: its full name and what answers each of its methods.
public protocol GRPCService: Sendable {
    /// The package and the service: `tensorflow.serving.PredictionService`.
    var name: String { get }
    /// What answers each method, by its name: `Predict`.
    var methods: [String: GRPCMethod] { get }
}

/// The gRPC services of a listener, found by the path of a call.
public struct GRPCServices: GRPCHandler {
    /// The full names of the services, in the order given.
    public let names: [String]
    private let methods: [String: GRPCMethod]

    /// Composes the services; each path has to be offered once.
    public init(_ services: [any GRPCService]) {
        names = services.map(\.name)
        var methods: [String: GRPCMethod] = [:]
        for service in services {
            for (method, handler) in service.methods {
                methods["/\(service.name)/\(method)"] = handler
            }
        }
        self.methods = methods
    }

    public func method(at path: String) -> GRPCMethod? { methods[path] }
}

/// A unary method made from a closure; for methods that are not predict paths.
struct GRPCClosureMethod: GRPCUnaryMethod {
    private let body: @Sendable (GRPCCall, GRPCResponder) -> Void

    init(_ body: @escaping @Sendable (GRPCCall, GRPCResponder) -> Void) {
        self.body = body
    }

    func handle(_ call: GRPCCall, _ responder: GRPCResponder) { body(call, responder) }
}
