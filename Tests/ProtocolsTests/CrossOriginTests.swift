import Inference
import Listener
import NIOCore
import NIOHTTP1
import TestSupport
import Testing

@testable import Protocols

@Suite struct CrossOriginTests {
    private func handler(cors: Bool) throws -> DataHandler {
        let observer = RecordingObserver()
        let service = try TestModels.service(observer: observer)
        return DataHandler(
            tensorFlowServing: TensorFlowServingServer(
                service: service, catalog: service, observer: observer, cors: cors),
            openInference: OpenInferenceServer(
                identity: OpenInferenceServer.Identity(name: "slipway", version: "1.2.3"),
                service: service, catalog: service, observer: observer,
                readiness: { ServerReadiness(isReady: true, reasons: []) }))
    }

    private static let targets: [(HTTPMethod, String, UInt)] = [
        (.POST, "/v1/models/half_plus_two:predict", 200),
        (.POST, "/v1/models/nope:predict", 404),
        (.GET, "/v1/models/half_plus_two", 200),
        (.GET, "/v1/models/half_plus_two/metadata", 200),
        (.DELETE, "/v1/models/half_plus_two", 400),
        (.GET, "/v1/models/m/versions/99999999999999999999", 400),
        (.OPTIONS, "/v1/models/half_plus_two:predict", 200),
        (.OPTIONS, "/v1/nowhere", 200),
    ]

    @Test(arguments: targets) func allowsOtherOriginsOnEveryReply(
        method: HTTPMethod, target: String, status: UInt
    ) throws {
        let answer = try answer(method, target, cors: true)
        #expect(answer.status.code == status)
        #expect(answer.headers["access-control-allow-origin"] == ["*"])
        #expect(answer.headers["access-control-allow-methods"] == ["POST, GET"])
        #expect(answer.headers["access-control-allow-headers"] == ["Content-Type"])
    }

    @Test(arguments: targets) func saysNothingOfOriginsUnlessTold(
        method: HTTPMethod, target: String, status: UInt
    ) throws {
        let answer = try answer(method, target, cors: false)
        #expect(answer.status.code == status)
        #expect(!answer.headers.contains { $0.name.hasPrefix("access-control") })
    }

    @Test(arguments: [nil, "null", "example.org"])
    func refusesAPreflightThatComesFromNoPage(origin: String?) throws {
        let answer = try answer(.OPTIONS, "/v1/models/m:predict", origin: origin, cors: true)
        #expect(answer.status == .badRequest)
        #expect(answer.headers["access-control-allow-origin"] == ["*"])
        #expect(answer.text.contains("Origin header is missing in CORS preflight"))
    }

    private func answer(
        _ method: HTTPMethod, _ target: String, origin: String? = "https://example.org",
        cors: Bool
    ) throws -> HTTPResponse {
        var headers = HTTPHeaders()
        if let origin { headers.add(name: "Origin", value: origin) }
        let answers = Answers()
        try handler(cors: cors).handle(
            HTTPRequest(
                method: method, target: target, headers: headers,
                body: ByteBuffer(string: #"{"instances": [1]}"#)), answers.responder)
        #expect(answers.all.count == 1)
        return try #require(answers.all.first)
    }
}
