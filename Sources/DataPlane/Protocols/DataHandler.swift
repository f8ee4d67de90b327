public import Listener
import NIOCore
public import NIOHTTP1
import ServingCore

/// The handler of a data listener: finds out which protocol a path belongs to and passes it on.
///
/// Paths below `/v1/` are TensorFlow Serving's (or KServe's, where it is chosen), `/v2` and below the
/// Open Inference Protocol's, `/ping`, `/invocations` and a few beside them SageMaker's and MLflow's;
/// further paths (health, metrics) are answered by handlers of their own.
public struct DataHandler: HTTPHandler {
    /// A handler for exactly one path.
    public struct Fixed: Sendable {
        /// The path, without query: `/metrics`.
        public let path: String
        /// What answers there.
        public let handler: any HTTPHandler

        /// Puts a handler at a path.
        public init(path: String, handler: any HTTPHandler) {
            self.path = path
            self.handler = handler
        }
    }

    private enum Destination {
        case tensorFlowServing(TensorFlowServingRoute)
        case openInference(OpenInferenceRoute)
        case kserve(KServeServer, KServeRoute)
        case invocations(InvocationsServer, InvocationsRoute)
        case fixed(any HTTPHandler)
        case refused(HTTPResponse)
    }

    private let tensorFlowServing: TensorFlowServingServer
    private let openInference: OpenInferenceServer
    private let kserve: KServeServer?
    private let invocations: InvocationsServer?
    private let fixed: [Fixed]

    /// Composes the protocols with the handlers of further paths.
    ///
    /// With `kserve` paths below `/v1` are KServe's instead of TensorFlow Serving's.
    public init(
        tensorFlowServing: TensorFlowServingServer, openInference: OpenInferenceServer,
        kserve: KServeServer? = nil, invocations: InvocationsServer? = nil, fixed: [Fixed] = []
    ) {
        self.tensorFlowServing = tensorFlowServing
        self.openInference = openInference
        self.kserve = kserve
        self.invocations = invocations
        self.fixed = fixed
    }

    public func admit(_ head: HTTPRequestHead) -> HTTPResponse? {
        switch destination(of: head.uri) {
        case .tensorFlowServing(let route):
            tensorFlowServing.refusal(head.method, head.uri, head.headers, route)
                ?? tensorFlowServing.refusalBeforeBody(route)
        case .openInference(let route):
            openInference.refusal(head.method, route) ?? openInference.refusalBeforeBody(route)
        case .kserve(let server, let route):
            server.refusal(head.method, route) ?? server.refusalBeforeBody(route)
        case .invocations(let server, let route):
            server.refusal(head.method, route) ?? server.refusalBeforeBody(head, route)
        case .fixed(let handler): handler.admit(head)
        case .refused(let response): response
        }
    }

    public func handle(_ request: HTTPRequest, _ responder: HTTPResponder) {
        switch destination(of: request.target) {
        case .tensorFlowServing(let route):
            tensorFlowServing.handle(request, route, responder)
        case .openInference(let route): openInference.handle(request, route, responder)
        case .kserve(let server, let route): server.handle(request, route, responder)
        case .invocations(let server, let route): server.handle(request, route, responder)
        case .fixed(let handler): handler.handle(request, responder)
        case .refused(let response): responder.respond(response)
        }
    }

    private func destination(of target: String) -> Destination {
        RequestPath.withPath(of: target) { path in
            if let kserve, let route = KServeRoute.match(path) { return .kserve(kserve, route) }
            do throws(ServingError) {
                if let route = try TensorFlowServingRoute.match(path) {
                    return .tensorFlowServing(route)
                }
            } catch {
                return .refused(tensorFlowServing.refuse(error))
            }
            do throws(ServingError) {
                if let route = try OpenInferenceRoute.match(path) { return .openInference(route) }
            } catch {
                return .refused(openInference.refuse(error))
            }
            if let invocations, let route = invocations.match(path) {
                return .invocations(invocations, route)
            }
            if let found = fixed.first(where: { $0.path.utf8.elementsEqual(path.bytes) }) {
                return .fixed(found.handler)
            }
            return .refused(notFound(path.text))
        }
    }

    private func notFound(_ path: String) -> HTTPResponse {
        let known =
            [
                "/v1/models/NAME:predict (\(kserve == nil ? "TensorFlow Serving" : "KServe"))",
                "/v2/models/NAME/infer (Open Inference)",
            ]
            + (invocations == nil ? [] : ["/invocations (SageMaker, MLflow)"]) + fixed.map(\.path)
        let error = ServingError(
            .routeNotFound,
            "no route '\(path.clipped())'; this server answers \(known.joined(separator: ", "))")
        return OpenInferenceReply.refusal(error)
    }
}
