import ServingCore
import Testing

@testable import Protocols

@Suite struct OpenInferenceRouteTests {
    private static func match(_ target: String) throws(ServingError) -> OpenInferenceRoute? {
        try RequestPath.withPath(of: target) { path throws(ServingError) in
            try OpenInferenceRoute.match(path)
        }
    }

    private static func model(_ name: String, _ version: Int64? = nil) -> ModelReference {
        ModelReference(
            name: name, choice: version.map { .version(ModelVersion($0)) } ?? .latest)
    }

    @Test(arguments: [
        ("/v2", OpenInferenceRoute.serverMetadata),
        ("/v2?verbose=1", .serverMetadata),
        ("/v2/health/live", .serverLive),
        ("/v2/health/ready", .serverReady),
        ("/v2/models/m", .modelMetadata(model("m"))),
        ("/v2/models/m/versions/3", .modelMetadata(model("m", 3))),
        ("/v2/models/m/ready", .modelReady(model("m"))),
        ("/v2/models/m/versions/3/ready", .modelReady(model("m", 3))),
        ("/v2/models/m/infer", .infer(model("m"))),
        ("/v2/models/m/versions/03/infer", .infer(model("m", 3))),
        ("/v2/models/a%20b/infer", .infer(model("a b"))),
        ("/v2/models/infer", .modelMetadata(model("infer"))),
        ("/v2/models/versions/versions/1", .modelMetadata(model("versions", 1))),
        ("/v2/models/m/generate", .extensionNotOffered(.generate)),
        ("/v2/models/m/generate_stream", .extensionNotOffered(.generate)),
        ("/v2/models/m/config", .modelConfiguration(model("m"))),
        ("/v2/models/m/versions/1/stats", .statistics(model("m", 1))),
        ("/v2/models/stats", .statistics(nil)),
        ("/v2/models/m/trace/setting", .traceSettings(model: "m")),
        ("/v2/trace/setting", .traceSettings(model: nil)),
        ("/v2/logging", .logSettings),
        ("/v2/repository/index", .repositoryIndex),
        ("/v2/repository/r/index", .extensionNotOffered(.namedRepository)),
        ("/v2/repository/models/a%20b/load", .loadModel("a b")),
        ("/v2/repository/models/m/unload", .unloadModel("m")),
        ("/v2/repository/r/models/m/unload", .extensionNotOffered(.namedRepository)),
        ("/v2/systemsharedmemory/status", .sharedMemory(.system, .status, region: nil)),
        ("/v2/systemsharedmemory/region/r/status", .sharedMemory(.system, .status, region: "r")),
        (
            "/v2/systemsharedmemory/region/r%201/register",
            .sharedMemory(.system, .register, region: "r 1")
        ),
        ("/v2/systemsharedmemory/unregister", .sharedMemory(.system, .unregister, region: nil)),
        ("/v2/cudasharedmemory/region/r/register", .sharedMemory(.cuda, .register, region: "r")),
    ])
    func matchesTheProtocolsPaths(target: String, expected: OpenInferenceRoute) throws {
        #expect(try Self.match(target) == expected)
    }

    @Test(arguments: [
        "/v2/", "/v2/Models/m", "/v2/models", "/v2/models/", "/v2/models/m/", "/v2/models/m/INFER",
        "/v2/models/m/versions", "/v2/models/m/versions/x", "/v2/models/m/versions/x/infer",
        "/v2/models/m/infer/more", "/v2/health", "/v2/health/started", "/v2/health/ready/now",
        "/v2/models/m/versions/1/versions/2", "/v2/models/m/labels/x/infer",
        "/v2/models/m/trace/other", "/v2/repository", "/v2/models/m/versions/1/trace/setting",
        "/v2/repository/models/m", "/v2/repository/models//load", "/v2/trace",
        "/v2/systemsharedmemory", "/v2/systemsharedmemory/region/status",
        "/v2/systemsharedmemory/region//status", "/v2/systemsharedmemory/other", "/v2/logging/x",
    ])
    func knowsNoOtherPathsBelowV2(target: String) throws {
        #expect(try Self.match(target) == .unknown)
    }

    @Test(arguments: ["/", "/v1/models/m", "/V2", "/v22", "", "v2"])
    func leavesOtherPathsAlone(target: String) throws {
        #expect(try Self.match(target) == nil)
    }

    @Test func refusesVersionsBeyond64Bits() {
        #expect(throws: ServingError.self) {
            try Self.match("/v2/models/m/versions/99999999999999999999/infer")
        }
    }
}
