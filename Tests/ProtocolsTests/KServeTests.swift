import Listener
import NIOHTTP1
import TestSupport
import Testing

@testable import Protocols

struct KServeTests {
    private let server: TestServer

    init() throws { server = try TestServer(isKServe: true) }

    @Test(arguments: [
        (#"{"instances":[1,2]}"#, #"{"predictions":[2.5,3]}"#),
        (#"{"inputs":[1,2]}"#, #"{"predictions":[2.5,3]}"#),
        (#"{"inputs":[{"x":4}],"parameters":{}}"#, #"{"predictions":[4]}"#),
        (#"{"instances":[6],"inputs":[1,2],"signature_name":"halves"}"#, #"{"predictions":[5]}"#),
    ])
    func instancesAndInputsMeanTheSame(body: String, expected: String) throws {
        let reply = try server.send(.POST, "/v1/models/half_plus_two:predict", body: body)
        #expect(reply.status == .ok)
        #expect(reply.text.replacing(".0", with: "") == expected)
        #expect(server.observer.events == ["request kserve_v1 ok"])
    }

    @Test(arguments: [
        ("{}", #"Expected \"instances\" or \"inputs\" in request body"#),
        (#"{"instances":1}"#, #"Expected \"instances\" to be a list"#),
        (#"{"inputs":{"x":[1]}}"#, #"Expected \"inputs\" to be a list"#),
        ("[1]", "not a JSON object"), ("", "JSON Parse error"),
        (#"{"instances":[]}"#, "No values in 'instances' array"),
    ])
    func refusesOtherBodies(body: String, words: String) throws {
        let reply = try server.send(.POST, "/v1/models/half_plus_two:predict", body: body)
        #expect(reply.status == .badRequest)
        #expect(reply.text.hasPrefix(#"{"error":""#))
        #expect(reply.text.contains(words), "\(reply.text)")
    }

    @Test(arguments: [
        (
            HTTPMethod.GET, "/v1/models/half_plus_two", 200,
            #"{"name":"half_plus_two","ready":true}"#
        ),
        (.GET, "/v1/models/none", 404, #"{"error":"Model with name none does not exist."}"#),
        (
            .GET, "/v1/models/loading", 503,
            #"{"error":"Model with name loading is not ready. version 4 is loading"}"#
        ),
        (
            .POST, "/v1/models/none:predict", 404,
            #"{"error":"Model with name none does not exist."}"#
        ),
    ])
    func answersWithKServesWords(method: HTTPMethod, target: String, status: Int, body: String)
        throws
    {
        let reply = try server.send(method, target, body: #"{"instances":[1]}"#)
        #expect(Int(reply.status.code) == status)
        #expect(reply.text == body)
    }

    @Test(arguments: [
        (HTTPMethod.POST, "/v1/models/half_plus_two:explain", 501),
        (.POST, "/v1/models/half_plus_two:classify", 404), (.GET, "/v1/other", 404),
        (.GET, "/v1/models/half_plus_two:predict", 405), (.DELETE, "/v1/models", 405),
        (.OPTIONS, "/v1/models", 204), (.GET, "/v1", 404), (.GET, "/v1/models/", 404),
        (.GET, "/v2/models/half_plus_two/ready", 200),
    ])
    func answersByStatus(method: HTTPMethod, target: String, status: Int) throws {
        #expect(Int(try server.send(method, target).status.code) == status)
    }

    @Test func whatIsNoNumberIsNull() throws {
        let reply = try server.send(
            .POST, "/v1/models/half_plus_two:predict", body: #"{"instances":[NaN,-Infinity]}"#)
        #expect(reply.text == #"{"predictions":[null,null]}"#)
    }

    @Test func listsTheModels() throws {
        let text = try server.send(.GET, "/v1/models").text
        #expect(text.hasPrefix(#"{"models":["#))
        #expect(text.contains(#""half_plus_two""#))
    }

    @Test func eventsAreAnsweredByEvents() throws {
        let reply = try server.send(
            .POST, "/v1/models/half_plus_two:predict",
            headers: [
                "ce-specversion": "1.0", "ce-id": "36077800", "ce-source": "here", "ce-type": "t",
                "content-type": "application/json",
            ], body: #"{"instances":[1]}"#)
        #expect(reply.status == .ok)
        #expect(reply.headers["ce-id"] == ["36077800"])
        #expect(reply.headers["ce-source"] == ["io.kserve.inference.half_plus_two"])
        #expect(reply.headers["ce-type"] == ["io.kserve.inference.response"])
        #expect(reply.headers["ce-specversion"] == ["1.0"])
    }

    @Test(
        arguments: [
            (["ce-specversion": "1.0", "ce-id": "1"], 400, "ce-source, ce-type"),
            (
                ["ce-specversion": "9", "ce-id": "1", "ce-source": "s", "ce-type": "t"], 400,
                "has version '9'"
            ),
            (["content-type": "application/cloudevents+json"], 415, "binary mode"),
        ] as [([String: String], Int, String)])
    func refusesOtherEvents(fields: [String: String], status: Int, words: String) throws {
        let reply = try server.send(
            .POST, "/v1/models/half_plus_two:predict",
            headers: HTTPHeaders(fields.map { ($0.key, $0.value) }), body: #"{"instances":[1]}"#)
        #expect(Int(reply.status.code) == status)
        #expect(reply.text.contains(words))
    }
}
