import Inference
import Listener
import NIOHTTP1
import ServingCore
import Wire

/// SageMaker's multi-model endpoints: models that the platform adds and takes away while it runs.
struct MultiModelEndpoint: Sendable {
    /// Models on one page of the list.
    static let pageSize = 100

    private let administration: any ModelAdministration
    private let catalog: any ModelCatalog
    private let observer: any ServerObserver

    init(
        _ administration: any ModelAdministration, _ catalog: any ModelCatalog,
        _ observer: any ServerObserver
    ) {
        self.administration = administration
        self.catalog = catalog
        self.observer = observer
    }

    /// Answers a request below `/models` that is not a prediction.
    func handle(_ request: HTTPRequest, _ route: InvocationsRoute, _ responder: HTTPResponder) {
        do throws(ServingError) {
            switch (request.method, route) {
            case (.POST, .models): try load(request, responder)
            case (.DELETE, .model(let name)): try unload(name, responder)
            case (_, .model(let name)): responder.respond(try describe(name))
            default: responder.respond(try list(request.target))
            }
        } catch {
            responder.respond(refuse(error))
        }
    }

    private func refuse(_ error: ServingError) -> HTTPResponse {
        observer.requestRefused(.invocations, code: error.code)
        return InvocationsReply.refusal(error)
    }

    /// `{"model_name": …, "url": …}`: 200 once it answers, 409 if it does already, 507 without memory.
    private func load(_ request: HTTPRequest, _ responder: HTTPResponder) throws(ServingError) {
        let document = try JSONValue(parsing: request.body)
        guard case .object(let members) = document,
            case .string(let text)? = members["model_name"],
            case .string(let url)? = members["url"]
        else {
            throw ServingError(
                .invalidRequest,
                "the body must be {\"model_name\": \"…\", \"url\": \"DIRECTORY\"}")
        }
        let name = try ModelName(text)
        let request = ModelLoadRequest(name: name, location: url)
        administration.loadModel(request) { [self] result in
            switch result {
            case .success:
                responder.respond(Self.message("model '\(name)' is loaded"))
            case .failure(let error): responder.respond(refuse(error))
            }
        }
    }

    private func unload(_ text: String, _ responder: HTTPResponder) throws(ServingError) {
        let name = try known(text)
        administration.unloadModel(name) { [self] result in
            switch result {
            case .success: responder.respond(Self.message("model '\(name)' is unloaded"))
            case .failure(let error): responder.respond(refuse(error))
            }
        }
    }

    private func describe(_ text: String) throws(ServingError) -> HTTPResponse {
        InvocationsReply.document(entry(try known(text)))
    }

    /// A page of the models by name; the token is the name of the last model of the page before.
    private func list(_ target: String) throws(ServingError) -> HTTPResponse {
        let token = try QueryParameter.value("next_page_token", in: target)
        let names = catalog.modelStatuses().map(\.name).sorted()
        let rest = token.map { token in names.filter { $0.text > token } } ?? names
        let page = rest.prefix(Self.pageSize)
        var members: [(key: String, value: ReplyDocument)] = [
            ("models", .list(page.map(entry)))
        ]
        if page.count < rest.count, let last = page.last {
            members.append(("nextPageToken", .text(last.text)))
        }
        return InvocationsReply.document(.object(members))
    }

    private func known(_ text: String) throws(ServingError) -> ModelName {
        guard let name = try? ModelName(text), catalog.modelStatus(of: name) != nil else {
            throw ServingError(.modelNotFound, "no model '\(text.clipped())' is loaded")
        }
        return name
    }

    private func entry(_ name: ModelName) -> ReplyDocument {
        .object([
            ("modelName", .text(name.text)),
            ("modelUrl", .text(administration.location(of: name) ?? "")),
        ])
    }

    private static func message(_ text: String) -> HTTPResponse {
        InvocationsReply.document(.object([("message", .text(text))]))
    }
}
