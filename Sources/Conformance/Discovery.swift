import NIOCore
import NIOHTTP1
import ServingCore
import SlipwayClient
import Wire

/// Finds out what there is to ask: the gRPC port, a model, its inputs and outputs.
struct Discovery: Sendable {
    let rest: SlipwayClient
    let grpc: GRPCClient

    /// Where servers have their gRPC port beside that REST port: 8500 beside 8501 (TensorFlow
    /// Serving), 8001 beside 8000 (Triton), 8081 beside 8080 (MLServer; KServe's 8081 too);
    /// otherwise the same port.
    static func grpcAddress(beside rest: String) -> String {
        for (http, other) in [(":8501", ":8500"), (":8000", ":8001"), (":8080", ":8081")]
        where rest.hasSuffix(http) || rest.hasSuffix(http + "/") {
            let end = rest.hasSuffix("/") ? rest.dropLast() : rest[...]
            return end.dropLast(http.count) + other
        }
        return rest
    }

    /// A client of the gRPC port: the one that is given, else the usual one beside the REST port if
    /// something listens there, else the REST port.
    static func calls(_ target: ConformanceRun.Target) async throws(ServingError) -> GRPCClient {
        if let grpc = target.grpc { return try GRPCClient(url: grpc, options: target.options) }
        let usual = grpcAddress(beside: target.rest)
        let client = try GRPCClient(url: usual, options: target.options)
        guard usual != target.rest else { return client }
        do throws(ServingError) {
            _ = try await client.call("/grpc.health.v1.Health/Check", [ByteBuffer()])
        } catch {
            guard error.code == .addressUnavailable else { return client }
            await client.close()
            return try GRPCClient(url: target.rest, options: target.options)
        }
        return client
    }

    /// Describes a model by its metadata, over whichever protocol the server answers.
    func sample(of model: String?) async throws(ServingError) -> ModelSample {
        let model = try await name(model)
        let paths = ["/v2/models/\(model)", "/v1/models/\(model)/metadata"]
        var reason: String?
        for (index, path) in paths.enumerated() {
            let reply = try await rest.get(path)
            let document = (try? JSONValue(parsing: reply.body))?.objectValue
            guard reply.status.code == 200, let document else {
                reason = reason ?? document?["error"]?.stringValue
                continue
            }
            let sample =
                index == 0
                ? try? ModelSample(model: model, openInference: document)
                : try? ModelSample(model: model, tensorFlowServing: document)
            if let sample, !sample.inputs.isEmpty { return sample }
        }
        throw ServingError(
            .modelNotFound,
            "the server describes no inputs of model '\(model)' at \(paths.joined(separator: " or "))"
                + (reason.map { " (\($0.clipped(to: 300)))" } ?? "")
                + "; give the name of a model that is served and has inputs, with --model")
    }

    private func name(_ given: String?) async throws(ServingError) -> String {
        if let given { return given }
        let index = try await rest.post("/v2/repository/index")
        let ready = ((try? JSONValue(parsing: index.body))?.arrayValue ?? []).first {
            $0.objectValue?["state"]?.stringValue == "READY"
        }
        if let name = ready?.objectValue?["name"]?.stringValue { return name }
        let list = (try? JSONValue(parsing: try await rest.get("/v1/models").body))?.objectValue
        if let name = list?["models"]?.arrayValue?.first?.stringValue { return name }
        throw ServingError(
            .modelNotFound, "the server lists no models; name one that it serves with --model")
    }
}
