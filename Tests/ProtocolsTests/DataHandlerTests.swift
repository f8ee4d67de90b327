import Listener
import NIOHTTP1
import Testing
import TestSupport

@testable import Protocols

@Suite struct DataHandlerTests {
    @Test func asksTheHandlerOfAFixedPath() throws {
        let server = try TestServer()
        #expect(try server.send(.GET, "/healthz?verbose").text == "fixed")
        #expect(try server.send(.GET, "/healthz/").status == .notFound)
    }

    @Test(
        arguments: [
            ("/v1/models/half_plus_two:predict", nil),
            ("/v1/models/nope:predict", 404),
            ("/v1/models/half_plus_two", 400),
            ("/v1/nowhere", 400),
            ("/v1/models/m/versions/99999999999999999999:predict", 400),
            ("/v2/models/half_plus_two/infer", nil),
            ("/v2/models/nope/infer", 404),
            ("/v2/models/loading/infer", 503),
            ("/v2/models/half_plus_two", 405),
            ("/nowhere", 404),
            ("/healthz", nil),
        ] as [(String, UInt?)])
    func refusesBeforeTheBodyComesWhatTheHeadAlreadyShows(target: String, status: UInt?) throws {
        let server = try TestServer()
        let head = HTTPRequestHead(version: .http1_1, method: .POST, uri: target)
        #expect(server.handler.admit(head)?.status.code == status)
        #expect(server.service.leases == 0)
    }
}
