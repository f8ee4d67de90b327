public import ServingCore
public import SlipwayClient
import Wire

/// Checks a running server against the protocols that its clients rely on.
///
/// Any server may be checked. Nothing of it is changed: no model is loaded, unloaded or reconfigured.
public struct ConformanceRun: Sendable {
    /// Where the server is and what to ask it.
    public struct Target: Sendable {
        /// The REST address: `http://host:8501`.
        public var rest: String
        /// The gRPC address; nil to try where servers have it beside that REST port.
        public var grpc: String?
        /// The model to ask; nil to take one that the server lists.
        public var model: String?
        /// The protocols; all of them when empty.
        public var protocols: [ConformanceProtocol]
        /// How connections are made.
        public var options: ClientOptions

        /// Names the server.
        public init(
            rest: String, grpc: String? = nil, model: String? = nil,
            protocols: [ConformanceProtocol] = [], options: ClientOptions = ClientOptions()
        ) {
            self.rest = rest
            self.grpc = grpc
            self.model = model
            self.protocols = protocols
            self.options = options
        }
    }

    static let suites: [Suite] = [
        TensorFlowServingRESTSuite.suite, TensorFlowServingGRPCSuite.suite,
        OpenInferenceRESTSuite.suite, OpenInferenceGRPCSuite.suite, KServeV1Suite.suite,
        InvocationsSuite.suite, GRPCSuite.suite,
    ]

    /// Runs the checks, one after the other.
    ///
    /// - Parameter progress: Told of each result as it comes.
    /// - Returns: Every result, in the order of the suites.
    /// - Throws: `address_unavailable` when the server does not answer; `model_not_found` when no
    ///   model is given and none can be found.
    public static func run(
        _ target: Target, progress: @Sendable (CheckResult) -> Void = { _ in }
    ) async throws(ServingError) -> [CheckResult] {
        let rest = try SlipwayClient(url: target.rest, options: target.options)
        let calls = try await Discovery.calls(target)
        let outcome: Result<[CheckResult], ServingError>
        do throws(ServingError) {
            let sample = try await Discovery(rest: rest, grpc: calls).sample(of: target.model)
            let session = CheckSession(rest: rest, grpc: calls, sample: sample)
            outcome = .success(await run(session, target.protocols, progress))
        } catch {
            outcome = .failure(error)
        }
        await rest.close()
        await calls.close()
        return try outcome.get()
    }

    private static func run(
        _ session: CheckSession, _ wanted: [ConformanceProtocol],
        _ progress: @Sendable (CheckResult) -> Void
    ) async -> [CheckResult] {
        var results: [CheckResult] = []
        for suite in suites where wanted.isEmpty || wanted.contains(suite.name) {
            var obstacle: String?
            do { try await suite.probe(session) } catch { obstacle = describe(error).reason }
            for check in suite.checks {
                var result = CheckResult(
                    suite: suite.name, name: check.name, claim: check.claim, verdict: .holds,
                    reason: "")
                if let obstacle {
                    // What was asked for by name must be there; what was not may be missing.
                    result.verdict = wanted.isEmpty ? .skipped : .breaks
                    result.reason = obstacle
                } else {
                    do { try await check.attempt(session) } catch {
                        (result.verdict, result.reason) = describe(error)
                    }
                }
                results.append(result)
                progress(result)
            }
        }
        return results
    }

    private static func describe(_ error: any Error) -> (
        verdict: CheckResult.Verdict, reason: String
    ) {
        switch error {
        case let skip as Skip: (.skipped, skip.reason)
        case let breach as Breach: (.breaks, breach.reason)
        case let error as ServingError: (.breaks, error.message)
        default: (.breaks, "\(error)")
        }
    }
}
