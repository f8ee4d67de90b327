public import Inference
import Listener
import NIOHTTP1
import ServingCore

/// Answers what is below `/v2`: the REST form of the Open Inference Protocol, with Triton's binary
/// tensor data extension.
public struct OpenInferenceServer: Sendable {
    /// What a client learns about the server as a whole.
    public struct Identity: Sendable {
        /// The server's name.
        public let name: String
        /// The server's version.
        public let version: String

        /// Names the server.
        public init(name: String, version: String) {
            self.name = name
            self.version = version
        }
    }

    let extensions: OpenInferenceExtensions
    private let identity: Identity
    private let service: any InferenceService
    private let catalog: any ModelCatalog
    private let observer: any ServerObserver
    private let readiness: @Sendable () -> ServerReadiness

    /// Joins the server with what answers for it; `readiness` is asked on an event loop and must not
    /// block. Without `extensions` it offers those that need nothing more than these.
    public init(
        identity: Identity, service: any InferenceService, catalog: any ModelCatalog,
        observer: any ServerObserver, readiness: @escaping @Sendable () -> ServerReadiness,
        extensions: OpenInferenceExtensions? = nil
    ) {
        self.extensions =
            extensions ?? OpenInferenceExtensions(service: service, catalog: catalog)
        self.identity = identity
        self.service = service
        self.catalog = catalog
        self.observer = observer
        self.readiness = readiness
    }

    /// Answers a request whose path has been matched.
    func handle(_ request: HTTPRequest, _ route: OpenInferenceRoute, _ responder: HTTPResponder) {
        if let refusal = refusal(request.method, route) { return responder.respond(refusal) }
        if case .infer(let model) = route {
            return PredictCall<OpenInferencePredict>.run(
                request, model, in: extensions, service: service, observer: observer, responder)
        }
        if answerExtension(request, route, responder) { return }
        responder.respond(reply(to: route))
    }

    /// The refusal that needs nothing but method and route; nil when there is more to do.
    func refusal(_ method: HTTPMethod, _ route: OpenInferenceRoute) -> HTTPResponse? {
        guard let allowed = route.allowedMethods else { return refuse(Self.error(of: route)) }
        if method == .OPTIONS { return HTTPResponse(.noContent, headers: ["allow": allowed]) }
        if allowed.split(separator: ", ").contains(where: { $0 == method.rawValue }) { return nil }
        let error = ServingError(
            .methodNotAllowed, "Method Not Allowed: \(method.rawValue.clipped()); use \(allowed)")
        return refuse(error, allow: allowed)
    }

    /// The refusal of a prediction whose model cannot be leased, before its body has come.
    func refusalBeforeBody(_ route: OpenInferenceRoute) -> HTTPResponse? {
        guard case .infer(let model) = route else { return nil }
        do throws(ServingError) {
            _ = try PredictCall<OpenInferencePredict>.acquire(model, from: service)
            return nil
        } catch {
            return refuse(error)
        }
    }

    /// Counts and writes a refusal.
    func refuse(_ error: ServingError, allow: String? = nil) -> HTTPResponse {
        observer.requestRefused(.openInferenceREST, code: error.code)
        return OpenInferenceReply.refusal(error, allow: allow, as: extensions.compatibility)
    }

    private static func error(of route: OpenInferenceRoute) -> ServingError {
        if case .extensionNotOffered(.generate) = route {
            return ServingError(
                .unsupported,
                "the extension 'generate' is not offered by this server: its fields belong to "
                    + "language models; send named tensors to 'infer'")
        }
        if case .extensionNotOffered(let name) = route {
            return ServingError(
                .unsupported,
                "the extension '\(name.rawValue)' is not offered by this server; "
                    + "GET /v2 lists those that are")
        }
        return ServingError(
            .routeNotFound,
            "Not Found: below /v2 there are health/live, health/ready, models/NAME, "
                + "models/NAME/ready, models/NAME/infer, models/stats, repository/index and others; "
                + "/openapi.json lists them all")
    }

    private func reply(to route: OpenInferenceRoute) -> HTTPResponse {
        switch route {
        case .serverMetadata:
            return OpenInferenceReply.document(
                .object([
                    ("name", .text(identity.name)), ("version", .text(identity.version)),
                    ("extensions", .list(extensions.names.map { .text($0) })),
                ]))
        case .serverLive: return OpenInferenceReply.serverLive(as: extensions.compatibility)
        case .serverReady:
            return OpenInferenceReply.serverReady(readiness(), as: extensions.compatibility)
        case .modelReady(let model): return modelReady(model)
        case .modelMetadata(let model): return modelMetadata(model)
        default: return refuse(Self.error(of: route))
        }
    }

    private func modelMetadata(_ model: ModelReference) -> HTTPResponse {
        do throws(ServingError) {
            let metadata = try PredictCall<OpenInferencePredict>.acquire(model, from: service)
                .servable.metadata
            return OpenInferenceReply.modelMetadata(
                metadata, versions: extensions.versions(of: metadata, for: model))
        } catch {
            return refuse(error)
        }
    }

    /// Probes are not counted as refused requests.
    private func modelReady(_ model: ModelReference) -> HTTPResponse {
        let mode = extensions.compatibility
        do throws(ServingError) {
            if let reason = try extensions.unreadiness(of: model) {
                return OpenInferenceReply.modelNotReady(model.name, reason, as: mode)
            }
            return OpenInferenceReply.modelReady(model.name, as: mode)
        } catch {
            // To Triton a model that does not exist is one that is not ready.
            if error.code == .modelNotReady || mode == .triton {
                return OpenInferenceReply.modelNotReady(model.name, error.message, as: mode)
            }
            return OpenInferenceReply.refusal(error, as: mode)
        }
    }
}
