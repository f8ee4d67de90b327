import Inference
import Listener
import NIOHTTP1
import ServingCore
import Synchronization
import TestSupport
import Testing

@testable import Protocols

/// Loads models into a fake service, within an account of memory.
private final class EndpointAdministration: ModelAdministration {
    private let service: FakeService
    private let places = Mutex([String: String]())

    init(_ service: FakeService) { self.service = service }

    var allowsLoading: Bool { true }
    var allowsReplacing: Bool { false }

    func replaceModels(
        _ models: [ModelDescription],
        completion: @escaping @Sendable (Result<Void, ServingError>) -> Void
    ) {
        completion(.failure(ServingError(.unsupported, "not here")))
    }

    func loadModel(
        _ request: ModelLoadRequest,
        completion: @escaping @Sendable (Result<Void, ServingError>) -> Void
    ) {
        guard request.location != "/too/large" else {
            return completion(.failure(ServingError(.resourceExhausted, "no memory")))
        }
        guard service.modelStatus(of: request.name) == nil else {
            return completion(.failure(ServingError(.alreadyExists, "it is loaded already")))
        }
        places.withLock { $0[request.name.text] = request.location }
        service.setStatus(ModelStatus(name: request.name, versions: [], isReady: true))
        completion(.success(()))
    }

    func unloadModel(
        _ name: ModelName, completion: @escaping @Sendable (Result<Void, ServingError>) -> Void
    ) {
        completion(.failure(ServingError(.modelNotReady, "'\(name)' is busy")))
    }

    func repositoryIndex() -> [RepositoryEntry] { [] }

    func location(of name: ModelName) -> String? { places.withLock { $0[name.text] } }
}

struct MultiModelEndpointTests {
    private let server: TestServer

    init() throws {
        let service = FakeService()
        service.add(try TestModels.grid(RecordingObserver()))
        var settings = InvocationsSettings()
        settings.isMultiModel = true
        server = try TestServer(
            invocations: settings, administration: EndpointAdministration(service),
            service: service)
    }

    private func add(_ name: String, _ url: String) throws -> HTTPResponse {
        try server.send(
            .POST, "/models", body: #"{"model_name":"\#(name)","url":"\#(url)"}"#)
    }

    @Test func addsListsAndDescribesModels() throws {
        #expect(try add("a b", "/opt/ml/models/a/model").status == .ok)
        #expect(
            try server.send(.GET, "/models").text
                == #"{"models":[{"modelName":"a b","modelUrl":"/opt/ml/models/a/model"},"#
                + #"{"modelName":"grid","modelUrl":""}]}"#)
        #expect(
            try server.send(.GET, "/models/a%20b").text
                == #"{"modelName":"a b","modelUrl":"/opt/ml/models/a/model"}"#)
    }

    @Test(arguments: [
        (#"{"model_name":"grid","url":"/x"}"#, 409),
        (#"{"model_name":"big","url":"/too/large"}"#, 507),
        (#"{"model_name":"a/b","url":"/x"}"#, 400), (#"{"model_name":"a"}"#, 400), ("[]", 400),
        (#"{"model_name":1,"url":"/x"}"#, 400), ("{", 400),
    ])
    func refusesWhatItCannotAdd(body: String, status: Int) throws {
        let reply = try server.send(.POST, "/models", body: body)
        #expect(Int(reply.status.code) == status)
        #expect(reply.text.contains(#""message":""#))
    }

    @Test func listsPageByPage() throws {
        for number in 100..<250 { _ = try add("m\(number)", "/x") }
        let first = try server.send(.GET, "/models").text
        #expect(first.hasSuffix(#""nextPageToken":"m198"}"#))
        let second = try server.send(.GET, "/models?next_page_token=m198").text
        #expect(second.hasPrefix(#"{"models":[{"modelName":"m199""#))
        #expect(!second.contains("nextPageToken"))
    }

    @Test(arguments: [
        (HTTPMethod.GET, "/models/none", 404), (.DELETE, "/models/none", 404),
        (.DELETE, "/models/grid", 503), (.POST, "/models/none/invoke", 404),
        (.POST, "/models/grid/invoke", 200), (.PUT, "/models", 405), (.GET, "/models/", 404),
        (.GET, "/models/grid/other", 404),
    ])
    func answersByStatus(method: HTTPMethod, target: String, status: Int) throws {
        let reply = try server.send(method, target, body: "[[1,2]]")
        #expect(Int(reply.status.code) == status)
    }

    @Test func itsRoutesAreNowhereElse() throws {
        #expect(try TestServer().send(.GET, "/models").status == .notFound)
        #expect(try TestServer().send(.POST, "/models/grid/invoke").status == .notFound)
    }
}
