public import Inference
import Listener
import NIOHTTP1
import ServingCore

/// Answers what is below `/v1/`: TensorFlow Serving's REST API, for models of every framework.
public struct TensorFlowServingServer: Sendable {
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
    func handle(
        _ request: HTTPRequest, _ route: TensorFlowServingRoute, _ responder: HTTPResponder
    ) {
        if let refusal = refusal(request.method, request.target, route) {
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
    func refusal(_ method: HTTPMethod, _ target: String, _ route: TensorFlowServingRoute)
        -> HTTPResponse?
    {
        switch (method, route) {
        case (.OPTIONS, _):
            return HTTPResponse(.noContent, headers: ["allow": route.allowedMethods])
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
        return TensorFlowServingReply.refusal(error, allow: allow)
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
