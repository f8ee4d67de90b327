import NIOHTTP1
import ServingCore
import SlipwayClient
import Wire

/// What a server must do once its metadata lists an extension.
extension OpenInferenceRESTSuite {
    static let extensions = [
        Check("statistics", "GET v2/models/NAME/stats counts, where the extension is listed") {
            try await expectOffered($0, "statistics")
            let reply = try await $0.rest(.GET, "/v2/models/\($0.model)/stats").expect(200)
            let first = try reply.document()["model_stats"]?.arrayValue?.first?.objectValue
            let success = first?["inference_stats"]?.objectValue?["success"]?.objectValue
            try expect(
                first?["name"]?.stringValue == $0.model && first?["version"]?.stringValue != nil
                    && success?["count"]?.integerValue != nil
                    && success?["ns"]?.integerValue != nil,
                "name, version or inference_stats.success is missing: \(reply.excerpt)")
        },
        Check("configuration", "GET v2/models/NAME/config names inputs, where it is listed") {
            try await expectOffered($0, "model_configuration")
            let reply = try await $0.rest(.GET, "/v2/models/\($0.model)/config").expect(200)
            let names = (try reply.document()["input"]?.arrayValue ?? []).compactMap {
                $0.objectValue?["name"]?.stringValue
            }
            try expect(
                Set(names) == Set($0.sample.inputs.map(\.name)),
                "the inputs are \(names): \(reply.excerpt)")
        },
        Check("index", "POST v2/repository/index lists the model as READY, where it is listed") {
            guard try await offers($0, "model_repository") else {
                throw Skip("the server does not list the extension model_repository")
            }
            let reply = try await $0.rest(.POST, "/v2/repository/index", JSONObject().value)
                .expect(200)
            let entries = (try? JSONValue(parsing: reply.body))?.arrayValue ?? []
            let model = $0.model
            try expect(
                entries.contains {
                    $0.objectValue?["name"]?.stringValue == model
                        && $0.objectValue?["state"]?.stringValue == "READY"
                }, "the model is not listed as READY: \(reply.excerpt)")
        },
        Check("shared-memory", "the status of shared memory is a list, where it is listed") {
            try await expectOffered($0, "system_shared_memory")
            let reply = try await $0.rest(.GET, "/v2/systemsharedmemory/status").expect(200)
            try expect(
                (try? JSONValue(parsing: reply.body))?.arrayValue != nil,
                "a list is expected: \(reply.excerpt)")
        },
    ]

    /// Whether the server's metadata lists an extension.
    static func offers(_ session: CheckSession, _ name: String) async throws -> Bool {
        let reply = try await session.rest(.GET, "/v2")
        return try reply.document()["extensions"]?.arrayValue?.contains(.string(name)) == true
    }

    private static func expectOffered(_ session: CheckSession, _ name: String) async throws {
        guard try await offers(session, name) else {
            throw Skip("the server does not list the extension \(name)")
        }
    }
}

extension JSONObject {
    /// The object as a value.
    var value: JSONValue { .object(self) }
}
