import NIOHTTP1
public import ServingCore
public import Tensors
public import Wire

extension SlipwayClient {
    /// Runs a model over the Open Inference Protocol; tensors travel as binary data both ways.
    ///
    /// - Parameter outputs: The outputs wanted, all when empty.
    /// - Throws: What the server refused, with its text and status.
    public func infer(
        model: String, version: String? = nil, inputs: [NamedTensor], outputs: [String] = []
    ) async throws(ServingError) -> [NamedTensor] {
        let (headers, body) = try InferCodec.request(inputs, outputs: outputs)
        let path = Self.modelPath("/v2", model, version) + "/infer"
        return try InferCodec.outputs(
            of: try await post(path, headers: headers, body: body).checked())
    }

    /// A model's inputs and outputs, as the Open Inference Protocol describes them.
    ///
    /// - Throws: `model_not_found`, or `internal` for a reply that is not JSON.
    public func modelMetadata(
        _ model: String, version: String? = nil
    ) async throws(ServingError) -> JSONValue {
        try await get(Self.modelPath("/v2", model, version)).checked().json()
    }

    /// The server's name, version and extensions.
    ///
    /// - Throws: `internal` for a reply that is not JSON.
    public func serverMetadata() async throws(ServingError) -> JSONValue {
        try await get("/v2").checked().json()
    }

    /// Whether the server takes requests.
    ///
    /// - Throws: When it cannot be asked; a server that says no gives false.
    public func isReady() async throws(ServingError) -> Bool {
        try await get("/v2/health/ready").status.code == 200
    }

    /// Whether a model takes requests; false also for a model that the server does not know.
    ///
    /// - Throws: When the server cannot be asked.
    public func isReady(
        model: String, version: String? = nil
    ) async throws(ServingError) -> Bool {
        try await get(Self.modelPath("/v2", model, version) + "/ready").status.code == 200
    }
}
