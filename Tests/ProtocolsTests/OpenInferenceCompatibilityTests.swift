import Inference
import Listener
import NIOCore
import NIOHTTP1
import ServingCore
import TestSupport
import Testing

@testable import Protocols

@Suite struct OpenInferenceCompatibilityTests {
    private func send(_ target: String, _ mode: OpenInferenceCompatibility, isReady: Bool = true)
        throws -> HTTPResponse
    {
        let service = try TestModels.service()
        let server = OpenInferenceServer(
            identity: .init(name: "slipway", version: "1"), service: service, catalog: service,
            observer: RecordingObserver(),
            readiness: { ServerReadiness(isReady: isReady, reasons: isReady ? [] : ["why"]) },
            extensions: OpenInferenceExtensions(
                service: service, catalog: service, compatibility: mode))
        let handler = DataHandler(
            tensorFlowServing: TensorFlowServingServer(
                service: service, catalog: service, observer: RecordingObserver()),
            openInference: server)
        let answers = Answers()
        handler.handle(HTTPRequest(method: .GET, target: target), answers.responder)
        return try #require(answers.all.first)
    }

    @Test(
        arguments: [
            ("/v2/health/live", [200, 200, 200], [false, true, true]),
            ("/v2/health/ready", [503, 400, 400], [false, true, true]),
            ("/v2/models/digits/ready", [200, 200, 200], [false, true, true]),
            ("/v2/models/loading/ready", [503, 400, 400], [false, false, true]),
            ("/v2/models/nope/ready", [404, 400, 404], [false, false, false]),
            ("/v2/models/nope", [404, 404, 404], [false, false, false]),
            ("/v2/models/loading", [503, 503, 400], [false, false, false]),
        ])
    func answersProbesAsEachServerDoes(target: String, statuses: [UInt], empty: [Bool]) throws {
        for (index, mode) in OpenInferenceCompatibility.allCases.enumerated() {
            let response = try send(target, mode, isReady: false)
            #expect(response.status.code == statuses[index], "\(mode) \(target)")
            #expect((response.body.readableBytes == 0) == empty[index], "\(mode) \(target)")
        }
    }

    @Test(arguments: OpenInferenceCompatibility.allCases, ErrorCode.allCodes)
    func everyCodeIsAnErrorInEveryMode(mode: OpenInferenceCompatibility, code: ErrorCode) {
        #expect(OpenInferenceStatus.table[code] != nil)
        #expect(OpenInferenceStatus.of(code, as: mode).code >= 400)
    }

    @Test func tritonTellsFewErrorsApart() {
        let known: Set<UInt> = [400, 404, 405, 500, 501, 503]
        for code in ErrorCode.allCodes {
            #expect(known.contains(OpenInferenceStatus.of(code, as: .triton).code), "\(code)")
        }
    }
}
