import Inference
import Listener
import NIOCore
import NIOHTTP1
import ServingCore
import Synchronization
import TestSupport
import Testing

@testable import Protocols

/// A data handler over the test models, without a socket.
struct TestServer {
    let observer = RecordingObserver()
    let service: FakeService
    let handler: DataHandler

    init(
        isReady: Bool = true, isKServe: Bool = false,
        invocations settings: InvocationsSettings = InvocationsSettings(),
        administration: (any ModelAdministration)? = nil, service given: FakeService? = nil
    ) throws {
        let observer = observer
        let service = try given ?? TestModels.service(observer: observer)
        self.service = service
        let readiness: @Sendable () -> ServerReadiness = {
            ServerReadiness(isReady: isReady, reasons: isReady ? [] : ["model 'a' is loading"])
        }
        handler = DataHandler(
            tensorFlowServing: TensorFlowServingServer(
                service: service, catalog: service, observer: observer),
            openInference: OpenInferenceServer(
                identity: OpenInferenceServer.Identity(name: "slipway", version: "1.2.3"),
                service: service, catalog: service, observer: observer,
                readiness: readiness),
            kserve: isKServe
                ? KServeServer(service: service, catalog: service, observer: observer) : nil,
            invocations: InvocationsServer(
                settings: settings, version: "1.2.3", service: service, catalog: service,
                administration: administration, observer: observer, readiness: readiness),
            fixed: [DataHandler.Fixed(path: "/healthz", handler: FixedAnswer())])
    }

    /// Sends a request and returns the one answer.
    func send(_ request: HTTPRequest) throws -> HTTPResponse {
        let answers = Answers()
        handler.handle(request, answers.responder)
        let all = answers.all
        #expect(all.count == 1, "a request has exactly one answer")
        return try #require(all.first)
    }

    /// Sends a body, as text, and returns the one answer.
    func send(
        _ method: HTTPMethod, _ target: String, headers: HTTPHeaders = [:], body: String = ""
    ) throws -> HTTPResponse {
        try send(
            HTTPRequest(
                method: method, target: target, headers: headers, body: ByteBuffer(string: body)))
    }

    private struct FixedAnswer: HTTPHandler {
        func handle(_ request: HTTPRequest, _ responder: HTTPResponder) {
            responder.respond(HTTPResponse(.ok, body: ByteBuffer(string: "fixed")))
        }
    }
}

/// Collects what is answered.
final class Answers: Sendable {
    private let responses = Mutex([HTTPResponse]())

    var all: [HTTPResponse] { responses.withLock { $0 } }

    var responder: HTTPResponder {
        HTTPResponder { [self] response in responses.withLock { $0.append(response) } }
    }
}

extension HTTPResponse {
    /// The body as text.
    var text: String { String(buffer: body) }
}
