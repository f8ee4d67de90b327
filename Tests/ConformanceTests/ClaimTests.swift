import NIOHTTP1
import ServingCore
import SlipwayClient
import Testing

@testable import Conformance

/// Every claim must be able to break: each is tried on servers that answer everything with one thing.
struct ClaimTests {
    private static let answers: [(status: HTTPResponseStatus, body: String)] = [
        (
            .ok,
            #"{"extensions": ["statistics", "model_configuration", "model_repository", "#
                + #""system_shared_memory", "binary_tensor_data"]}"#
        ),
        (.ok, "[]"), (.internalServerError, #"{"error": "a lie"}"#), (.badRequest, ""),
        (.badRequest, #"{"error": "a lie"}"#),
    ]

    private enum Verdict { case holds, breaks, skipped }

    private static func verdict(_ check: Check, _ session: CheckSession) async -> Verdict {
        do {
            try await check.attempt(session)
            return .holds
        } catch is Skip {
            return .skipped
        } catch {
            return .breaks
        }
    }

    /// Whether the check breaks at a lying server of some kind.
    private static func canBreak(_ check: Check, _ rest: [String], _ grpc: [String]) async throws
        -> Bool
    {
        for (index, code) in grpc.enumerated() {
            for url in index == 0 ? rest : [rest[0]] {
                for sample in [ModelSample.numbers, .texts] {
                    let client = try SlipwayClient(url: url)
                    let calls = try GRPCClient(url: code)
                    let session = CheckSession(rest: client, grpc: calls, sample: sample)
                    let verdict = await verdict(check, session)
                    await client.close()
                    await calls.close()
                    if verdict == .breaks { return true }
                }
            }
        }
        return false
    }

    @Test(arguments: ConformanceRun.suites.indices)
    func everyClaimCanBreak(index: Int) async throws {
        let suite = ConformanceRun.suites[index]
        var rest: [LyingRESTServer] = []
        for answer in Self.answers { rest.append(try await LyingRESTServer { _ in answer }) }
        var grpc: [LyingGRPCServer] = []
        for code in [0, 13] { grpc.append(try await LyingGRPCServer(code: code)) }
        for check in suite.checks {
            let breaks = try await Self.canBreak(check, rest.map(\.url), grpc.map(\.url))
            #expect(breaks, "\(suite.name.rawValue) \(check.name) holds whatever a server says")
        }
        for server in rest { try await server.stop() }
        for server in grpc { try await server.stop() }
    }

    @Test func namesOfChecksAreUniqueInTheirSuite() {
        for suite in ConformanceRun.suites {
            let names = suite.checks.map(\.name)
            #expect(Set(names).count == names.count, "\(suite.name.rawValue)")
        }
        #expect(Set(ConformanceRun.suites.map(\.name)) == Set(ConformanceProtocol.allCases))
    }
}
