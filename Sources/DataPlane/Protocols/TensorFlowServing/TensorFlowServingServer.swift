public import Inference
import Listener
import NIOHTTP1
import ServingCore

/// Answers what is below `/v1/`: TensorFlow Serving's REST API, for models of every framework.
public struct TensorFlowServingServer: Sendable {
    private let service: any InferenceService
    private let catalog: any ModelCatalog
    private let observer: any ServerObserver
    private let allowsOtherOrigins: Bool

    /// Joins the server with what answers for it.
    ///
    /// - Parameter cors: Whether every reply tells browsers that pages of other origins may read it.
    public init(
        service: any InferenceService, catalog: any ModelCatalog, observer: any ServerObserver,
        cors: Bool = false
    ) {
        self.service = service
        self.catalog = catalog
        self.observer = observer
        allowsOtherOrigins = cors
    }

    /// Answers a request whose path has been matched.
    func handle(
        _ request: HTTPRequest, _ route: TensorFlowServingRoute, _ responder: HTTPResponder
    ) {
        let responder = allowsOtherOrigins ? CrossOrigin.allowing(responder) : responder
        if let refusal = refusal(request.method, request.target, request.headers, route) {
            return responder.respond(refusal)
        }
        switch route {
        case .predict(let model):
            PredictCall<TensorFlowServingPredict>.run(
                request, model, service: service, observer: observer, responder)
        case .classify(let model):
            PredictCall<TensorFlowServingExamples<Classification>>.run(
                request, model, service: service, observer: observer, responder)
        case .regress(let model):
            PredictCall<TensorFlowServingExamples<Regression>>.run(
                request, model, service: service, observer: observer, responder)
        case .status(let model): responder.respond(status(of: model))
        case .metadata(let model): responder.respond(metadata(of: model))
        case .missingModelName, .malformed:
            responder.respond(refuse(Self.error(of: route)))
        }
    }

    /// The refusal that needs nothing but method and route; nil when there is more to do.
    ///
    /// A wrong method is a malformed request here (400, with `Allow` added), as in TensorFlow Serving.
    func refusal(
        _ method: HTTPMethod, _ target: String, _ headers: HTTPHeaders,
        _ route: TensorFlowServingRoute
    ) -> HTTPResponse? {
        switch (method, route) {
        case (.OPTIONS, _): return preflight(headers, route)
        case (.POST, .predict), (.POST, .classify), (.POST, .regress), (.GET, .status),
            (.GET, .metadata), (.HEAD, .status), (.HEAD, .metadata):
            return nil
        case (.GET, .missingModelName), (.HEAD, .missingModelName):
            return refuse(Self.error(of: route))
        default:
            let path = RequestPath.withPath(of: target) { $0.text.clipped() }
            let error = ServingError(
                route == .malformed ? .invalidRequest : .methodNotAllowed,
                "Malformed request: \(method.rawValue.clipped()) \(path)")
            return refuse(error, allow: route.allowedMethods)
        }
    }

    /// The refusal of a prediction whose model cannot be leased, before its body has come.
    func refusalBeforeBody(_ route: TensorFlowServingRoute) -> HTTPResponse? {
        let model: ModelReference
        switch route {
        case .predict(let named), .classify(let named), .regress(let named): model = named
        default: return nil
        }
        do throws(ServingError) {
            _ = try PredictCall<TensorFlowServingPredict>.acquire(model, from: service)
            return nil
        } catch {
            return refuse(error)
        }
    }

    /// Counts and writes a refusal.
    func refuse(_ error: ServingError, allow: String? = nil) -> HTTPResponse {
        observer.requestRefused(.tensorFlowServingREST, code: error.code)
        var response = TensorFlowServingReply.refusal(error, allow: allow)
        if allowsOtherOrigins { CrossOrigin.allow(&response.headers) }
        return response
    }

    /// Answers OPTIONS as the original does, whether or not other origins are allowed: well only if
    /// the request comes from a page (`http_server.cc`).
    private func preflight(_ headers: HTTPHeaders, _ route: TensorFlowServingRoute)
        -> HTTPResponse
    {
        guard CrossOrigin.namesPage(headers.first(name: "origin")) else {
            let error = ServingError(
                .invalidRequest, "Origin header is missing in CORS preflight")
            return refuse(error, allow: route.allowedMethods)
        }
        var response = HTTPResponse(.ok, headers: ["allow": route.allowedMethods])
        if allowsOtherOrigins { CrossOrigin.allow(&response.headers) }
        return response
    }

    private static func error(of route: TensorFlowServingRoute) -> ServingError {
        switch route {
        case .missingModelName: ServingError(.invalidRequest, "Missing model name in request.")
        default: ServingError(.internalError, "a route without an answer")
        }
    }

    private func status(of model: ModelReference) -> HTTPResponse {
        do throws(ServingError) {
            return try ModelStatusReply.make(model, catalog)
        } catch {
            return refuse(error)
        }
    }

    private func metadata(of model: ModelReference) -> HTTPResponse {
        do throws(ServingError) {
            let lease = try PredictCall<TensorFlowServingPredict>.acquire(model, from: service)
            return SignatureMetadataReply.make(lease.servable.metadata)
        } catch {
            return refuse(error)
        }
    }
}
