import Inference
import Listener
import NIOCore
import NIOHTTP1
import ServingCore

import TestSupport
import Tensors
import Testing
import Wire

@testable import Protocols

struct OpenAPITests {
    private func document(
        _ target: String = "/openapi.json", isKServe: Bool = false, isMultiModel: Bool = false
    ) throws -> HTTPResponse {
        let service = try TestModels.service()
        var settings = InvocationsSettings()
        settings.isMultiModel = isMultiModel
        settings.defaultModel = "digits"
        let server = OpenAPIServer(
            version: "1", service: service, catalog: service, isKServe: isKServe,
            settings: settings)
        let answers = Answers()
        server.handle(HTTPRequest(method: .GET, target: target), answers.responder)
        return try #require(answers.all.first)
    }

    private func paths(_ response: HTTPResponse) throws -> [String] {
        guard case .object(let root) = try JSONValue(parsing: response.body),
            case .object(let paths)? = root["paths"]
        else { return [] }
        return paths.members.map(\.key)
    }

    @Test func namesTheRoutesOfEveryModelThatAnswers() throws {
        let paths = try paths(document())
        for path in [
            "/ping", "/invocations", "/v2", "/v1/models/digits:predict",
            "/v2/models/digits/versions/2/infer", "/v1/models/total/metadata", "/openapi.json",
        ] {
            #expect(paths.contains(path))
        }
        #expect(!paths.contains { $0.contains("loading") })
        #expect(!paths.contains("/models"))
    }

    @Test func kserveAndEndpointsAddTheirOwn() throws {
        let paths = try paths(document(isKServe: true, isMultiModel: true))
        #expect(paths.contains("/v1/models"))
        #expect(!paths.contains("/v1/models/digits/metadata"))
        #expect(paths.contains("/models"))
        #expect(paths.contains("/models/digits/invoke"))
    }

    @Test func aModelAloneHasItsRoutesOnly() throws {
        let paths = try paths(document("/openapi.json?model=pair"))
        #expect(!paths.isEmpty && paths.allSatisfy { $0.contains("/pair") })
        #expect(try document("/openapi.json?model=none").status == .notFound)
        #expect(try document("/openapi.json?model=loading").status == .serviceUnavailable)
        #expect(try document("/openapi.json?model=%").status == .badRequest)
    }

    @Test func namesAreEncodedAsSegments() {
        #expect(OpenAPIServer.segment("a b{c}é%") == "a%20b%7Bc%7D%C3%A9%25")
        #expect(OpenAPIServer.segment("a-b_c.d~1") == "a-b_c.d~1")
    }

    @Test(arguments: [
        (HTTPMethod.OPTIONS, 204), (.POST, 405), (.HEAD, 200),
    ])
    func isReadOnly(method: HTTPMethod, status: Int) throws {
        let service = FakeService()
        let server = OpenAPIServer(
            version: "1", service: service, catalog: service, isKServe: false,
            settings: InvocationsSettings())
        let answers = Answers()
        server.handle(HTTPRequest(method: method, target: "/openapi.json"), answers.responder)
        #expect(answers.all.map { Int($0.status.code) } == [status])
    }

    @Test func everySchemaOfAnElementIsExact() {
        let text = { (schema: ReplyDocument) in
            String(buffer: schema.encoded(.compact))
        }
        #expect(
            text(OpenAPISchema.element(.int8, allowsBase64: false))
                == #"{"type":"integer","minimum":-128,"maximum":127}"#)
        #expect(
            text(OpenAPISchema.element(.uint32, allowsBase64: false))
                == #"{"type":"integer","minimum":0,"maximum":4294967295}"#)
        #expect(
            text(OpenAPISchema.element(.int64, allowsBase64: false)).contains(
                #""maximum":9223372036854775807"#))
        #expect(
            text(OpenAPISchema.element(.uint64, allowsBase64: false))
                == #"{"type":"integer","minimum":0}"#)
        let wide = TestModels.specification("x", .float32, [.fixed(3), .fixed(224), .fixed(224)])
        #expect(OpenAPISchema.example(wide) == nil)
        #expect(OpenAPISchema.flatExample(wide) == nil)
    }
}
