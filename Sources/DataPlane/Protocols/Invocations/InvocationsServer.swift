public import Inference
import Listener
import NIOCore
import NIOHTTP1
import ServingCore

/// Answers what SageMaker and MLflow ask: `/ping`, `/invocations` and what stands beside them.
public struct InvocationsServer: Sendable {
    let settings: InvocationsSettings
    private let version: String
    private let service: any InferenceService
    private let catalog: any ModelCatalog
    private let observer: any ServerObserver
    private let readiness: @Sendable () -> ServerReadiness
    private let extensions: OpenInferenceExtensions
    private let endpoint: MultiModelEndpoint?
    private let fallback: InvocationsFormat

    /// Joins the server with what answers for it; `readiness` is asked on an event loop and must not
    /// block.
    ///
    /// - Parameters:
    ///   - version: What `/version` answers.
    ///   - extensions: For bodies of the Open Inference Protocol.
    ///   - administration: Loads models for a multi-model endpoint; nil where there is none.
    public init(
        settings: InvocationsSettings, version: String, service: any InferenceService,
        catalog: any ModelCatalog, administration: (any ModelAdministration)?,
        observer: any ServerObserver, extensions: OpenInferenceExtensions? = nil,
        readiness: @escaping @Sendable () -> ServerReadiness
    ) {
        self.settings = settings
        self.extensions =
            extensions ?? OpenInferenceExtensions(service: service, catalog: catalog)
        self.version = version
        self.service = service
        self.catalog = catalog
        self.observer = observer
        self.readiness = readiness
        endpoint =
            settings.isMultiModel
            ? administration.map { MultiModelEndpoint($0, catalog, observer) } : nil
        let accepted = settings.defaultAccept.flatMap { MediaType($0)?.essence }
        fallback = accepted.flatMap { InvocationsFormat($0) } ?? .json
    }

    /// Matches a path; nil when it is none of these routes.
    func match(_ path: RequestPath) -> InvocationsRoute? {
        InvocationsRoute.match(path, isMultiModel: endpoint != nil)
    }

    /// Answers a request whose path has been matched.
    func handle(_ request: HTTPRequest, _ route: InvocationsRoute, _ responder: HTTPResponder) {
        if let refusal = refusal(request.method, route) { return responder.respond(refusal) }
        switch route {
        case .ping, .health: responder.respond(ping())
        case .version:
            responder.respond(
                HTTPResponse(
                    .ok, contentType: "text/plain; charset=utf-8", body: ByteBuffer(string: version)
                ))
        case .executionParameters: responder.respond(executionParameters())
        case .invocations, .invoke: predict(request, route, responder)
        case .models, .model:
            guard let endpoint else {
                return responder.respond(refuse(ServingError(.routeNotFound, "no such route")))
            }
            endpoint.handle(request, route, responder)
        }
    }

    /// The refusal that needs nothing but method and route; nil when there is more to do.
    func refusal(_ method: HTTPMethod, _ route: InvocationsRoute) -> HTTPResponse? {
        let allowed = route.allowedMethods
        if method == .OPTIONS { return HTTPResponse(.noContent, headers: ["allow": allowed]) }
        if allowed.split(separator: ", ").contains(where: { $0 == method.rawValue }) { return nil }
        let error = ServingError(
            .methodNotAllowed, "Method Not Allowed: \(method.rawValue.clipped()); use \(allowed)")
        return refuse(error, allow: allowed)
    }

    /// The refusal of a prediction whose model cannot be leased, before its body has come.
    func refusalBeforeBody(_ head: HTTPRequestHead, _ route: InvocationsRoute) -> HTTPResponse? {
        guard route == .invocations || route.isInvoke else { return nil }
        do throws(ServingError) {
            _ = try PredictCall<InvocationsPredict>.acquire(
                try model(for: route, head.headers), from: service)
            return nil
        } catch {
            return refuse(error)
        }
    }

    /// Counts and writes a refusal.
    private func refuse(_ error: ServingError, allow: String? = nil) -> HTTPResponse {
        observer.requestRefused(.invocations, code: error.code)
        return InvocationsReply.refusal(error, allow: allow)
    }

    private func predict(
        _ request: HTTPRequest, _ route: InvocationsRoute, _ responder: HTTPResponder
    ) {
        var request = request
        // The configured format stands in for clients that would take any.
        if fallback != .json,
            !request.headers.contains(name: "accept")
                || request.headers["accept"] == ["*/*"]
        {
            request.headers.replaceOrAdd(name: "accept", value: fallback.mediaTypes[0])
        }
        do throws(ServingError) {
            let model = try model(for: route, request.headers)
            PredictCall<InvocationsPredict>.run(
                request, model, in: extensions, service: service, observer: observer, responder)
        } catch {
            responder.respond(refuse(error))
        }
    }

    /// The model that a request is for: the path's, the one that a header names, the configured one,
    /// or the only one.
    ///
    /// - Throws: `invalid_request` when that leaves a choice; `model_not_found` when there is none.
    private func model(for route: InvocationsRoute, _ headers: HTTPHeaders) throws(ServingError)
        -> ModelReference
    {
        if case .invoke(let name) = route { return ModelReference(name: name, choice: .latest) }
        if let name = InvocationsTarget.name(headers) ?? settings.defaultModel {
            return ModelReference(name: name, choice: .latest)
        }
        let names = catalog.modelStatuses().map(\.name.text)
        guard names.count != 1 else { return ModelReference(name: names[0], choice: .latest) }
        guard !names.isEmpty else {
            throw ServingError(.modelNotFound, "this server has no model")
        }
        let shown = names.sorted().prefix(10).joined(separator: ", ")
        throw ServingError(
            .invalidRequest,
            "\(names.count) models are served (\(shown.clipped())), and the request names none; set "
                + "'invocations.model' in the configuration, or send the header "
                + "'X-Amzn-SageMaker-Target-Model'")
    }

    /// SageMaker's check of a multi-model endpoint must hold while models come and go, so there life
    /// is enough; Triton's container has the same rule.
    private func ping() -> HTTPResponse {
        InvocationsReply.ping(isReady: settings.isMultiModel || readiness().isReady)
    }

    private func executionParameters() -> HTTPResponse {
        InvocationsReply.document(
            .object([
                ("MaxConcurrentTransforms", .integer(settings.concurrentTransforms ?? 1)),
                ("BatchStrategy", .text(settings.batchStrategy.rawValue)),
                ("MaxPayloadInMB", .integer(settings.payloadMegabytes ?? 6)),
            ]))
    }
}

extension InvocationsRoute {
    /// Whether it predicts with a model of a multi-model endpoint.
    var isInvoke: Bool {
        if case .invoke = self { true } else { false }
    }
}

/// The model that the headers of a request to `/invocations` name.
enum InvocationsTarget {
    /// `X-Amzn-SageMaker-Target-Model`, or `tfs-model-name` of SageMaker's custom attributes, as its
    /// TensorFlow Serving container reads them; nil without either.
    static func name(_ headers: HTTPHeaders) -> String? {
        if let target = headers.first(name: "x-amzn-sagemaker-target-model"), !target.isEmpty {
            return target
        }
        let prefix = "tfs-model-name="
        return headers["x-amzn-sagemaker-custom-attributes"].lazy
            .flatMap { $0.split(separator: ",") }
            .map { $0.drop { $0 == " " } }
            .first { $0.hasPrefix(prefix) }
            .map { String($0.dropFirst(prefix.count)) }
    }
}
