import NIOCore
import NIOHTTP1
import ServingCore
import SlipwayClient
import Synchronization
import Tensors
import Testing
import Wire

@testable import Conformance
@testable import Slipway

struct ConformanceRunTests {
    private static let metadata =
        #"{"name": "m", "platform": "p", "inputs": [{"name": "x", "datatype": "FP32", "#
        + #""shape": [-1, 2]}], "outputs": [{"name": "y", "datatype": "FP32", "shape": [-1]}]}"#

    private static func server() async throws -> LyingRESTServer {
        try await LyingRESTServer { head in
            switch head.uri {
            case "/v2/models/m": (.ok, metadata)
            case "/v2/repository/index": (.ok, #"[{"name": "m", "state": "READY"}]"#)
            default: (.notFound, "{}")
            }
        }
    }

    @Test func whatIsNotSpokenIsSkippedUnlessItWasAskedFor() async throws {
        let server = try await Self.server()
        let told = Mutex(0)
        var target = ConformanceRun.Target(rest: server.url)
        let all = try await ConformanceRun.run(target) { _ in told.withLock { $0 += 1 } }
        #expect(told.withLock { $0 } == all.count)
        #expect(all.count == ConformanceRun.suites.map(\.checks.count).reduce(0, +))
        let verdict = { (suite: ConformanceProtocol) in
            Set(all.filter { $0.suite == suite }.map(\.verdict))
        }
        #expect(verdict(.tensorFlowServingREST) == [.skipped])
        #expect(verdict(.openInferenceREST).contains(.breaks))
        #expect(all.first { $0.name == "metadata" && $0.suite == .openInferenceREST }?.verdict == .holds)
        target.protocols = [.invocations]
        let asked = try await ConformanceRun.run(target)
        #expect(Set(asked.map(\.verdict)) == [.breaks])
        #expect(Set(asked.map(\.suite)) == [.invocations])
        try await server.stop()
    }

    @Test func aServerThatIsNotThereIsAnError() async throws {
        let server = try await Self.server()
        let url = server.url
        try await server.stop()
        let error = await #expect(throws: ServingError.self) {
            _ = try await ConformanceRun.run(ConformanceRun.Target(rest: url))
        }
        #expect(error?.code == .addressUnavailable)
    }

    @Test func aModelThatIsNotDescribedIsAnError() async throws {
        let server = try await Self.server()
        let error = await #expect(throws: ServingError.self) {
            _ = try await ConformanceRun.run(
                ConformanceRun.Target(rest: server.url, model: "other"))
        }
        #expect(error?.code == .modelNotFound)
        try await server.stop()
    }

    @Test(arguments: [
        ("http://h:8501", "http://h:8500"), ("http://h:8501/", "http://h:8500"),
        ("https://h:8000", "https://h:8001"), ("http://h:8080", "http://h:8081"),
        ("http://h:9000", "http://h:9000"), ("unix:/a", "unix:/a"),
    ])
    func theOtherPortIsGuessed(rest: String, grpc: String) {
        #expect(Discovery.grpcAddress(beside: rest) == grpc)
    }

    @Test func metadataOfBothProtocolsGivesTheSameSample() throws {
        let other =
            #"{"metadata": {"signature_def": {"signature_def": {"serving_default": {"inputs": "#
            + #"{"x": {"dtype": "DT_FLOAT", "tensor_shape": {"dim": [{"size": "-1"}, "#
            + #"{"size": "2"}]}}}, "outputs": {"y": {"dtype": "DT_FLOAT", "tensor_shape": "#
            + #"{"dim": [{"size": "-1"}]}}}}}}}}"#
        let first = try #require(JSONValue(parsing: ByteBuffer(string: Self.metadata)).objectValue)
        let second = try #require(JSONValue(parsing: ByteBuffer(string: other)).objectValue)
        let samples = try [
            ModelSample(model: "m", openInference: first),
            ModelSample(model: "m", tensorFlowServing: second),
        ]
        for sample in samples {
            #expect(
                sample.inputs == [.init(name: "x", type: .float32, shape: [1, 2], isBatched: true)])
            #expect(
                sample.outputs == [.init(name: "y", type: .float32, shape: [1], isBatched: true)])
            #expect(sample.hasRows)
            #expect(sample.bytes(sample.inputs[0]).readableBytes == 8)
        }
    }

    @Test func storedGzipHasTheChecksumOfItsContent() {
        #expect(StoredGzip.checksum(ByteBuffer(string: "123456789")) == 0xCBF4_3926)
        let long = StoredGzip.member(of: ByteBuffer(repeating: 7, count: 70_000))
        #expect(long.readableBytes == 70_000 + 10 + 2 * 5 + 8)
        #expect(StoredGzip.member(of: ByteBuffer()).readableBytes == 10 + 5 + 8)
    }

    private static func result(_ verdict: CheckResult.Verdict, _ name: String) -> CheckResult {
        CheckResult(
            suite: .grpc, name: name, claim: "it is so", verdict: verdict,
            reason: verdict == .holds ? "" : "because\nof this")
    }

    @Test func reportsSayWhatHoldsAndWhatDoesNot() throws {
        let good = ConformanceReport([Self.result(.holds, "a"), Self.result(.skipped, "bb")])
        #expect(good.isClean)
        #expect(good.text.contains("holds    a   it is so\n"))
        #expect(good.text.contains("1 hold, 0 break, 1 not checked"))
        let bad = ConformanceReport([Self.result(.holds, "a"), Self.result(.breaks, "b")])
        #expect(!bad.isClean)
        #expect(bad.text.contains("BREAKS   b  it is so\n"))
        let json = try #require(bad.json.objectValue)
        #expect(json["breaks"]?.integerValue == 1)
        #expect(json["checks"]?.arrayValue?.count == 2)
        // Nothing checked is nothing shown to hold.
        #expect(!ConformanceReport([Self.result(.skipped, "a")]).isClean)
    }

    @Test func progressIsOneLineThatGoesAway() {
        let written = Mutex("")
        let progress = ConformanceProgress { text in written.withLock { $0 += text } }
        progress.show(Self.result(.holds, "a"))
        progress.clear()
        let text = written.withLock { $0 }
        #expect(text.hasPrefix("\rgrpc: a "))
        #expect(!text.contains("\n") && text.hasSuffix("\r"))
    }
}
