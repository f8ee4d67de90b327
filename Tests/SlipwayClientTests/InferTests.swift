import NIOCore
import NIOHTTP1
import ServingCore
import SlipwayClient
import Synchronization
import Tensors
import Testing
import Wire

@Suite struct InferTests {
    private func infer(_ server: ScriptedServer) async throws -> [NamedTensor] {
        let client = try SlipwayClient(url: await server.start())
        let outputs: [NamedTensor]
        do {
            outputs = try await client.infer(
                model: "m", version: "2",
                inputs: [
                    NamedTensor(
                        "x", try Tensor(.float32, Shape([1, 2]), values: [Float(1.5), -2])),
                    NamedTensor("n", try Tensor(.int64, Shape([1]), values: [Int64(7)])),
                ], outputs: ["y"])
        } catch {
            try await server.stop()
            throw error
        }
        try await server.stop()
        return outputs
    }

    private func binaryReply(_ json: String, _ bytes: [UInt8], length: String? = nil)
        -> ScriptedServer
    {
        ScriptedServer { _ in
            .reply(
                .ok, ["Inference-Header-Content-Length": length ?? String(json.utf8.count)],
                ByteBuffer(bytes: Array(json.utf8) + bytes))
        }
    }

    @Test func sendsTensorsAsBinaryData() async throws {
        let server = ScriptedServer.json(#"{"outputs": []}"#)
        _ = try await infer(server)
        let exchange = try #require(server.seen.withLock { $0.first })
        #expect(exchange.head.uri == "/v2/models/m/versions/2/infer")
        let length = try #require(
            exchange.head.headers.first(name: "inference-header-content-length").flatMap(Int.init))
        var body = exchange.body
        let part = body.readSlice(length: length)
        let document = try JSONValue(parsing: try #require(part))
        let first = document.objectValue?["inputs"]?.arrayValue?.first?.objectValue
        #expect(first?["name"] == .string("x"))
        #expect(first?["datatype"] == .string("FP32"))
        #expect(first?["shape"] == .array([.integer(1), .integer(2)]))
        #expect(first?["parameters"] == .object(["binary_data_size": .integer(8)]))
        #expect(document.objectValue?["outputs"] == .array([.object(["name": .string("y")])]))
        #expect(
            Array(body.readableBytesView)
                == [0, 0, 0xc0, 0x3f, 0, 0, 0, 0xc0, 7, 0, 0, 0, 0, 0, 0, 0])
    }

    @Test func readsBinaryOutputs() async throws {
        let json =
            #"{"model_name": "m", "outputs": [{"name": "y", "datatype": "FP32", "shape": [2], "#
            + #""parameters": {"binary_data_size": 8}}]}"#
        let outputs = try await infer(binaryReply(json, [0, 0, 0xc0, 0x3f, 0, 0, 0, 0xc0]))
        #expect(outputs.map(\.name) == ["y"])
        #expect(outputs[0].tensor.values(as: Float.self) == [1.5, -2])
    }

    @Test func readsJSONOutputs() async throws {
        let outputs = try await infer(
            .json(
                #"{"outputs": [{"name": "y", "data": [[1, 2], [3, 4]], "shape": [2, 2], "#
                    + #""datatype": "INT32"}]}"#))
        #expect(outputs[0].tensor.shape.dimensions == [2, 2])
        #expect(outputs[0].tensor.values(as: Int32.self) == [1, 2, 3, 4])
    }

    @Test(arguments: [
        "", "[]", #"{"outputs": 1}"#, #"{"outputs": [{"name": "y"}]}"#,
        #"{"outputs": [{"name": "y", "datatype": "FP99", "shape": [1], "data": [1]}]}"#,
        #"{"outputs": [{"name": "y", "datatype": "FP32", "shape": [-1], "data": [1]}]}"#,
        #"{"outputs": [{"name": "y", "datatype": "FP32", "shape": ["1"], "data": [1]}]}"#,
        #"{"outputs": [{"name": "y", "datatype": "FP32", "shape": [2], "data": [1]}]}"#,
        #"{"outputs": [{"name": "y", "datatype": "FP32", "shape": [1]}]}"#,
        #"{"outputs": [{"name": "y", "datatype": "FP32", "shape": [2], "#
            + #""parameters": {"binary_data_size": 8}}]}"#,
    ]) func refusesRepliesThatBreakTheProtocol(_ json: String) async throws {
        let error = await #expect(throws: ServingError.self) {
            try await infer(binaryReply(json, [0, 0, 0, 0]))
        }
        #expect(error?.code == .internalError)
        let unknown = await #expect(throws: ServingError.self) {
            try await infer(binaryReply(json, [], length: "99999"))
        }
        #expect(unknown?.code == .internalError)
    }
}
