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

    private let identity: Identity
    private let service: any InferenceService
    private let catalog: any ModelCatalog
    private let observer: any ServerObserver
    private let readiness: @Sendable () -> ServerReadiness

    /// Joins the server with what answers for it; `readiness` is asked on an event loop and must not
    /// block.
    public init(
        identity: Identity, service: any InferenceService, catalog: any ModelCatalog,
        observer: any ServerObserver, readiness: @escaping @Sendable () -> ServerReadiness
    ) {
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
                request, model, service: service, observer: observer, responder)
        }
        responder.respond(reply(to: route))
    }

    /// The refusal that needs nothing but method and route; nil when there is more to do.
    func refusal(_ method: HTTPMethod, _ route: OpenInferenceRoute) -> HTTPResponse? {
        guard let allowed = route.allowedMethods else { return refuse(Self.error(of: route)) }
        switch (method, route) {
        case (.OPTIONS, _): return HTTPResponse(.noContent, headers: ["allow": allowed])
        case (.POST, .infer): return nil
        case (_, .infer): break
        case (.GET, _), (.HEAD, _): return nil
        default: break
        }
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
        return OpenInferenceReply.refusal(error, allow: allow)
    }

    private static func error(of route: OpenInferenceRoute) -> ServingError {
        if case .extensionNotOffered(let name) = route {
            return ServingError(
                .unsupported,
                "the extension '\(name.rawValue)' is not offered by this server; "
                    + "GET /v2 lists those that are")
        }
        return ServingError(
            .routeNotFound,
            "Not Found: below /v2 there are health/live, health/ready, models/NAME, "
                + "models/NAME/ready and models/NAME/infer")
    }

    private func reply(to route: OpenInferenceRoute) -> HTTPResponse {
        switch route {
        case .serverMetadata:
            return OpenInferenceReply.document(
                .object([
                    ("name", .text(identity.name)), ("version", .text(identity.version)),
                    ("extensions", .list([.text("binary_tensor_data")])),
                ]))
        case .serverLive: return OpenInferenceReply.document(.object([("live", .flag(true))]))
        case .serverReady: return OpenInferenceReply.serverReady(readiness())
        case .modelReady(let model): return modelReady(model)
        case .modelMetadata(let model): return modelMetadata(model)
        case .infer, .extensionNotOffered, .unknown: return refuse(Self.error(of: route))
        }
    }

    private func modelMetadata(_ model: ModelReference) -> HTTPResponse {
        do throws(ServingError) {
            let metadata = try PredictCall<OpenInferencePredict>.acquire(model, from: service)
                .servable.metadata
            var versions = [metadata.identity.version]
            if model.choice == .latest,
                let all = catalog.modelStatus(of: metadata.identity.name)?.versions
            {
                versions = all.filter { $0.state == .available }.map(\.version).sorted()
            }
            return OpenInferenceReply.modelMetadata(metadata, versions: versions)
        } catch {
            return refuse(error)
        }
    }

    /// Ready means that a request sent now would be answered, and that the latest one did not fail in
    /// the engine. Probes are not counted as refused requests.
    private func modelReady(_ model: ModelReference) -> HTTPResponse {
        do throws(ServingError) {
            let selector = try model.checkedSelector()
            if model.choice == .latest, let status = catalog.modelStatus(of: selector.name),
                !status.isReady
            {
                return OpenInferenceReply.modelNotReady(model.name, status.reason)
            }
            let servable = try service.acquire(selector).servable
            if let failure = servable.health.lastError {
                return OpenInferenceReply.modelNotReady(model.name, failure.message)
            }
            return OpenInferenceReply.document(
                .object([("name", .text(model.name)), ("ready", .flag(true))]))
        } catch {
            if error.code == .modelNotReady {
                return OpenInferenceReply.modelNotReady(model.name, error.message)
            }
            return OpenInferenceReply.refusal(error)
        }
    }
}
