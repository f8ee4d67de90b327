public import Inference
import Listener
import NIOHTTP1
import ServingCore

/// Answers what is below `/v1/` as KServe's model server does, in place of TensorFlow Serving's API,
/// which has the same paths and other bodies.
public struct KServeServer: Sendable {
    private let service: any InferenceService
    private let catalog: any ModelCatalog
    private let observer: any ServerObserver

    /// Joins the server with what answers for it.
    public init(
        service: any InferenceService, catalog: any ModelCatalog, observer: any ServerObserver
    ) {
        self.service = service
        self.catalog = catalog
        self.observer = observer
    }

    /// Answers a request whose path has been matched.
    func handle(_ request: HTTPRequest, _ route: KServeRoute, _ responder: HTTPResponder) {
        if let refusal = refusal(request.method, route) { return responder.respond(refusal) }
        switch route {
        case .predict(let name):
            PredictCall<KServePredict>.run(
                request, ModelReference(name: name, choice: .latest), service: service,
                observer: observer, responder)
        case .models: responder.respond(list())
        case .model(let name): responder.respond(state(of: name))
        case .explain, .unknown: responder.respond(refuse(Self.error(of: route)))
        }
    }

    /// The refusal that needs nothing but method and route; nil when there is more to do.
    func refusal(_ method: HTTPMethod, _ route: KServeRoute) -> HTTPResponse? {
        let allowed = route.allowedMethods
        if method == .OPTIONS { return HTTPResponse(.noContent, headers: ["allow": allowed]) }
        guard allowed.split(separator: ", ").contains(where: { $0 == method.rawValue }) else {
            let error = ServingError(
                .methodNotAllowed,
                "Method Not Allowed: \(method.rawValue.clipped()); use \(allowed)")
            return refuse(error, allow: allowed)
        }
        switch route {
        case .explain, .unknown: return refuse(Self.error(of: route))
        default: return nil
        }
    }

    /// The refusal of a prediction whose model cannot be leased, before its body has come.
    func refusalBeforeBody(_ route: KServeRoute) -> HTTPResponse? {
        guard case .predict(let name) = route else { return nil }
        do throws(ServingError) {
            _ = try PredictCall<KServePredict>.acquire(
                ModelReference(name: name, choice: .latest), from: service)
            return nil
        } catch {
            return refuse(error)
        }
    }

    private func refuse(_ error: ServingError, allow: String? = nil) -> HTTPResponse {
        observer.requestRefused(.kserveREST, code: error.code)
        return OpenInferenceReply.refusal(error, allow: allow)
    }

    private static func error(of route: KServeRoute) -> ServingError {
        if case .explain(let name) = route {
            return ServingError(
                .unsupported,
                "model '\(name.clipped())' has no explainer, and this server offers none; use "
                    + "':predict'")
        }
        return ServingError(
            .routeNotFound,
            "Not Found: below /v1 there are models, models/NAME and models/NAME:predict")
    }

    private func list() -> HTTPResponse {
        let names = catalog.modelStatuses().map(\.name).sorted()
        return OpenInferenceReply.document(
            .object([("models", .list(names.map { .text($0.text) }))]))
    }

    /// Ready is 200; a model that cannot answer now is 503 as an error, as in KServe's server.
    private func state(of name: String) -> HTTPResponse {
        do throws(ServingError) {
            let model = ModelReference(name: name, choice: .latest)
            if let reason = try ModelReadiness.objection(to: model, service, catalog) {
                throw ServingError(.modelNotReady, reason)
            }
            return OpenInferenceReply.document(
                .object([("name", .text(name)), ("ready", .flag(true))]))
        } catch {
            // Probes are not counted as refused requests.
            return OpenInferenceReply.refusal(KServeWords.of(error, name))
        }
    }
}
