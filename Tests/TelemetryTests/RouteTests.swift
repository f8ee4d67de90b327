import Inference
import Listener
import NIOCore
import NIOHTTP1
import ServingCore
import TestSupport
import Testing

@testable import Telemetry

private final class Answer: Sendable {
    private let response = Condition<HTTPResponse?>(nil)

    var responder: HTTPResponder {
        HTTPResponder { [self] given in
            response.withLock { $0 = given }
            response.signal()
        }
    }

    /// The answer, once it is there.
    var given: HTTPResponse { response.wait { $0 } }
}

private func admin(
    _ models: [ModelStatus] = [],
    _ readiness: ServerReadiness = ServerReadiness(isReady: true, reasons: [])
) -> AdminHandler {
    let catalog = FixedCatalog(models)
    return AdminHandler(
        metrics: MetricsHandler(MetricsPage([ServerMetrics(clock: ManualClock())])),
        health: HealthHandler(catalog: catalog) { readiness }, models: ModelsHandler(catalog))
}

private func ask(
    _ handler: AdminHandler, _ target: String, _ method: HTTPMethod = .GET
) -> HTTPResponse {
    let answer = Answer()
    handler.handle(HTTPRequest(method: method, target: target), answer.responder)
    return answer.given
}

@Test(arguments: ["/metrics", "/monitoring/prometheus/metrics", "/metrics?name=x"])
func servesThePageWithItsExactContentType(path: String) throws {
    let response = ask(admin(), path)
    #expect(response.status == .ok)
    #expect(response.headers["content-type"] == ["text/plain; version=0.0.4; charset=utf-8"])
    #expect(String(buffer: response.body).hasPrefix("# HELP slipway_requests_total "))
}

/// Holds the page back until it is told to go on.
private final class HeldSource: MetricSource {
    let pages = Condition((begun: 0, isOpen: false))

    func write(to page: inout ExpositionWriter) {
        pages.withLock { $0.begun += 1 }
        pages.broadcast()
        pages.wait { $0.isOpen ? () : nil }
    }
}

@Test func scrapesThatComeTogetherShareAPage() {
    let source = HeldSource()
    let handler = MetricsHandler(MetricsPage([source]))
    let answers = (0..<6).map { _ in Answer() }
    handler.handle(HTTPRequest(method: .GET, target: "/metrics"), answers[0].responder)
    // The first is being written; the other five wait for the one after it.
    source.pages.wait { $0.begun == 1 ? () : nil }
    for answer in answers.dropFirst() {
        handler.handle(HTTPRequest(method: .GET, target: "/metrics"), answer.responder)
    }
    source.pages.withLock { $0.isOpen = true }
    source.pages.broadcast()
    for answer in answers { #expect(answer.given.status == .ok) }
    #expect(source.pages.withLock { $0.begun } == 2)
}

@Test func isLiveWhileNotReady() throws {
    let handler = admin([], ServerReadiness(isReady: false, reasons: ["draining"]))
    let response = ask(handler, "/livez")
    #expect(response.status == .ok)
    #expect(response.headers["content-type"] == ["application/json"])
    #expect(String(buffer: response.body) == "{\"status\":\"ok\"}\n")
}

@Test func isReadyWithoutReasons() throws {
    let response = ask(admin(), "/readyz")
    #expect(response.status == .ok)
    #expect(String(buffer: response.body) == "{\"status\":\"ready\",\"reasons\":[]}\n")
}

@Test func namesEachReasonForNotBeingReady() throws {
    let reasons = ["model 'a' has no version", "model 'b' failed: \"bad\"\nfile"]
    let handler = admin([], ServerReadiness(isReady: false, reasons: reasons))
    let response = ask(handler, "/readyz")
    #expect(response.status == .serviceUnavailable)
    #expect(
        String(buffer: response.body)
            == "{\"status\":\"not_ready\",\"reasons\":[\"model 'a' has no version\","
            + "\"model 'b' failed: \\\"bad\\\"\\nfile\"]}\n")
}

@Test(arguments: ["/readyz?verbose", "/readyz?verbose=1", "/readyz?x=2&verbose="])
func listsTheModelsWhenAskedTo(target: String) throws {
    let model = ModelStatus(
        name: try ModelName("digits"), versions: [], isReady: false, reason: "empty directory")
    let response = ask(admin([model]), target)
    #expect(
        String(buffer: response.body)
            == "{\"status\":\"ready\",\"reasons\":[],\"models\":[{\"name\":\"digits\","
            + "\"ready\":false,\"reason\":\"empty directory\"}]}\n")
}

@Test func showsModelsWithStatesReasonsAndLabels() throws {
    let model = ModelStatus(
        name: try ModelName("digits"),
        versions: [
            VersionStatus(
                version: ModelVersion(2), state: .available, labels: [try VersionLabel("stable")]),
            VersionStatus(
                version: ModelVersion(1), state: .end, reason: "gave up",
                error: ServingError(.modelInvalid, "not an ONNX file")),
        ], isReady: true)
    let response = ask(admin([model]), "/models")
    #expect(
        String(buffer: response.body)
            == "{\"models\":[{\"name\":\"digits\",\"ready\":true,\"reason\":\"\",\"remark\":\"\","
            + "\"unreadiness\":[],\"versions\":["
            + "{\"version\":2,\"state\":\"AVAILABLE\",\"reason\":\"\",\"labels\":[\"stable\"]},"
            + "{\"version\":1,\"state\":\"END\",\"reason\":\"gave up\",\"labels\":[],"
            + "\"error\":{\"code\":\"model_invalid\",\"message\":\"not an ONNX file\"}}]}]}\n")
}

@Test(arguments: ["/metrics", "/livez", "/readyz", "/models"])
func answersReadingMethodsOnly(path: String) throws {
    #expect(ask(admin(), path, .HEAD).status == .ok)
    let options = ask(admin(), path, .OPTIONS)
    #expect(options.status == .noContent)
    #expect(options.headers["allow"] == ["GET, HEAD, OPTIONS"])
    let refused = ask(admin(), path, .POST)
    #expect(refused.status == .methodNotAllowed)
    #expect(refused.headers["allow"] == ["GET, HEAD, OPTIONS"])
    #expect(String(buffer: refused.body).contains("\"code\":\"method_not_allowed\""))
}

@Test(arguments: ["/", "/metricss", "/METRICS", "/models/", "/readyz/x", "", "?", "//metrics"])
func refusesUnknownPathsAndNamesTheKnownOnes(target: String) throws {
    let response = ask(admin(), target)
    #expect(response.status == .notFound)
    #expect(String(buffer: response.body).contains("/readyz"))
}
