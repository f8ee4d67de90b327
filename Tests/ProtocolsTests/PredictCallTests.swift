import Inference
import Listener
import NIOCore
import NIOHTTP1
import ServingCore
import Testing
import TestSupport

@testable import Protocols

@Suite struct PredictCallTests {
    private static let body = #"{"instances": [1]}"#

    private static func request(_ target: String, body: String) -> HTTPRequest {
        HTTPRequest(
            method: .POST, target: target, body: ByteBuffer(string: body),
            received: MonotonicTime(nanoseconds: 1000),
            deadline: MonotonicTime(nanoseconds: 5_000_000))
    }

    private static func inferBody(_ parameters: String) -> String {
        #"{"inputs":[{"name":"x","shape":[1],"datatype":"FP32","data":[1]}],"parameters":"#
            + parameters + "}"
    }

    @Test(arguments: [
        ("/v1/models/half_plus_two:predict", body, "request tfs_rest ok"),
        ("/v1/models/half_plus_two:predict", "{", "request tfs_rest invalid_request"),
        (
            "/v1/models/half_plus_two:predict", #"{"instances":["a"]}"#,
            "request tfs_rest invalid_tensor"
        ),
        ("/v1/models/total:predict", body, "request tfs_rest invalid_tensor"),
        ("/v1/models/nope:predict", body, "refused tfs_rest model_not_found"),
        ("/v1/models/loading:predict", body, "refused tfs_rest model_not_ready"),
        ("/v1/models/m:nope", body, "refused tfs_rest invalid_request"),
        ("/v1/models/half_plus_two", body, "refused tfs_rest method_not_allowed"),
        ("/v2/models/half_plus_two/infer", inferBody("{}"), "request v2_rest ok"),
        ("/v2/models/half_plus_two/infer", "[]", "request v2_rest invalid_request"),
        ("/v2/models/nope/infer", "", "refused v2_rest model_not_found"),
        ("/v2/repository/models/m/load", "", "refused v2_rest unsupported"),
    ])
    func countsEveryRequestOnce(target: String, body: String, event: String) throws {
        let server = try TestServer()
        _ = try server.send(.POST, target, body: body)
        #expect(server.observer.events == [event])
        #expect(server.service.leases == 0)
    }

    @Test func probesAreNoRefusedRequests() throws {
        let server = try TestServer(isReady: false)
        for target in ["/v2/health/ready", "/v2/models/loading/ready", "/v2/models/nope/ready"] {
            #expect(try server.send(.GET, target).status.code >= 400)
        }
        #expect(server.observer.events.isEmpty)
    }

    @Test func saysWhyTheServerIsNotReady() throws {
        let response = try TestServer(isReady: false).send(.GET, "/v2/health/ready")
        #expect(response.status == .serviceUnavailable)
        #expect(response.text == #"{"ready":false,"error":"model 'a' is loading"}"#)
    }

    @Test func aModelWhoseLatestRunFailedIsNotReady() throws {
        let servable = try TestModels.halfPlusTwo(RecordingObserver())
        let server = try TestServer()
        server.service.add(servable)
        servable.setHealth(
            ServableHealth(
                lastSuccess: nil, consecutiveFailures: 1,
                lastError: ServingError(.engineFailed, "out of order")))
        let response = try server.send(.GET, "/v2/models/half_plus_two/ready")
        #expect(response.status == .serviceUnavailable)
        #expect(response.text.contains("out of order"))
    }

    @Test func handsOnTheListenersDeadlineAndCancellation() throws {
        let (server, servable) = try Self.serverWithHeldAnswers()
        let request = Self.request("/v1/models/half_plus_two:predict", body: Self.body)
        let answers = Answers()
        server.handler.handle(request, answers.responder)
        let submitted = try #require(servable.submitted.first)
        #expect(submitted.deadline == request.deadline)
        #expect(submitted.cancellation === request.cancellation)
        servable.releaseAnswers()
    }

    @Test func keepsTheLeaseUntilTheAnswer() throws {
        let (server, servable) = try Self.serverWithHeldAnswers()
        let answers = Answers()
        server.handler.handle(
            Self.request("/v1/models/half_plus_two:predict", body: Self.body), answers.responder)
        #expect(server.service.leases == 1)
        #expect(answers.all.isEmpty)
        servable.releaseAnswers()
        #expect(server.service.leases == 0)
        #expect(answers.all.map(\.status) == [.ok])
    }

    @Test func aClientThatLeavesCancelsItsRequest() throws {
        let (server, servable) = try Self.serverWithHeldAnswers()
        let request = Self.request("/v1/models/half_plus_two:predict", body: Self.body)
        let answers = Answers()
        server.handler.handle(request, answers.responder)
        request.cancellation.cancel()
        servable.releaseAnswers()
        #expect(answers.all.map(\.status.code) == [499])
        #expect((servable.observer as? RecordingObserver)?.events == ["request tfs_rest cancelled"])
    }

    @Test(arguments: [
        (#"{"timeout":1000}"#, 1_001_000 as UInt64),
        (#"{"timeout":9000}"#, 5_000_000),
        (#"{"timeout":0}"#, 5_000_000),
        (#"{"timeout":18446744073709551615}"#, 5_000_000),
        ("{}", 5_000_000),
    ])
    func theTimeoutInMicrosecondsCanOnlyShortenTheDeadline(parameters: String, expected: UInt64)
        throws
    {
        let (server, servable) = try Self.serverWithHeldAnswers()
        let request = Self.request(
            "/v2/models/half_plus_two/infer", body: Self.inferBody(parameters))
        server.handler.handle(request, Answers().responder)
        let submitted = try #require(servable.submitted.first)
        #expect(submitted.deadline == MonotonicTime(nanoseconds: expected))
        servable.releaseAnswers()
    }

    private static func serverWithHeldAnswers() throws -> (TestServer, FakeServable) {
        let server = try TestServer()
        let servable = try TestModels.halfPlusTwo(RecordingObserver())
        servable.holdAnswers()
        server.service.add(servable)
        return (server, servable)
    }
}
