import NIOCore
import NIOHTTP1
import ServingCore
import SlipwayClient
import Tensors
import Wire

/// The Open Inference Protocol's REST API, with the binary tensor data extension.
enum OpenInferenceRESTSuite {
    static let suite = Suite(
        name: .openInferenceREST,
        probe: { session in
            let reply = try await session.rest(.GET, "/v2/models/\(session.model)")
            guard reply.status.code == 200, (try? reply.document())?["inputs"] != nil else {
                throw Skip("GET /v2/models/\(session.model) shows no inputs")
            }
        },
        checks: documents + inference + refusals + extensions)

    private static let documents = [
        Check("live", "GET v2/health/live is 200") {
            try await $0.rest(.GET, "/v2/health/live").expect(200)
        },
        Check("ready", "GET v2/health/ready is 200") {
            try await $0.rest(.GET, "/v2/health/ready").expect(200)
        },
        Check("server", "the server says its name, version and extensions") {
            let document = try await $0.rest(.GET, "/v2").expect(200).document()
            try expect(
                document["name"]?.stringValue != nil && document["version"]?.stringValue != nil
                    && document["extensions"]?.arrayValue != nil,
                "name, version or extensions is missing")
        },
        Check("model-ready", "GET v2/models/NAME/ready is 200") {
            try await $0.rest(.GET, "/v2/models/\($0.model)/ready").expect(200)
        },
        Check("metadata", "the model's metadata has name, platform, inputs and outputs") {
            let document = try await $0.rest(.GET, "/v2/models/\($0.model)").expect(200).document()
            try expect(
                document["name"]?.stringValue == $0.model
                    && document["platform"]?.stringValue != nil
                    && document["outputs"]?.arrayValue?.isEmpty == false,
                "name, platform or outputs is missing")
        },
    ]

    private static let inference = [
        Check("infer", "an inference with JSON tensors answers with every output") {
            try expectJSONForm($0.sample)
            let outputs = try await infer($0, inputs($0.sample))
            let names = outputs.compactMap { $0.objectValue?["name"]?.stringValue }
            try expect(
                Set(names).isSuperset(of: $0.sample.outputs.map(\.name)),
                "the outputs are \(names)")
        },
        Check("nested", "data may be nested as the shape is") {
            try expectJSONForm($0.sample)
            let sample = $0.sample
            let inputs = sample.inputs.map { port -> JSONValue in
                var input = describe(port)
                input["data"] = sample.nested(port)
                return .object(input)
            }
            _ = try await infer($0, inputs)
        },
        Check("id", "the reply repeats the request's id") {
            try expectJSONForm($0.sample)
            var body = request($0.sample)
            body["id"] = "an id-1"
            let reply = try await $0.rest(.POST, path($0), .object(body)).expect(200)
            try expect(
                try reply.document()["id"]?.stringValue == "an id-1",
                "the id is lost: \(reply.excerpt)")
        },
        Check("chosen-output", "only the outputs that are asked for come, in that order") {
            try expectJSONForm($0.sample)
            guard let last = $0.sample.outputs.last else { throw Skip("the model has no outputs") }
            var body = request($0.sample)
            body["outputs"] = [["name": .string(last.name)]]
            let reply = try await $0.rest(.POST, path($0), .object(body)).expect(200)
            let outputs = try reply.document()["outputs"]?.arrayValue ?? []
            try expect(
                outputs.map { $0.objectValue?["name"]?.stringValue } == [last.name],
                "the outputs are: \(reply.excerpt)")
        },
        Check("binary", "tensors may be bytes behind the JSON, both ways") {
            let reply = try await binary($0)
            if reply.status.code != 200, try await !offers($0, "binary_tensor_data") {
                throw Skip("the server does not list the extension binary_tensor_data")
            }
            try reply.expect(200)
            let header = reply.headers.first(name: "inference-header-content-length")
            guard let length = header.flatMap({ Int($0) }), length <= reply.body.readableBytes,
                let text = reply.body.getSlice(at: reply.body.readerIndex, length: length),
                let outputs = try JSONValue(parsing: text).objectValue?["outputs"]?.arrayValue
            else { throw Breach("the reply has no Inference-Header-Content-Length that fits") }
            let sizes = outputs.compactMap {
                $0.objectValue?["parameters"]?.objectValue?["binary_data_size"]?.integerValue
            }
            try expect(
                sizes.count == outputs.count
                    && sizes.reduce(0, +) == reply.body.readableBytes - length,
                "the sizes \(sizes) do not add up to \(reply.body.readableBytes - length) bytes")
        },
    ]

    private static let refusals = [
        refusal("unknown-input", "an input that the model does not have is refused") { _ in
            [.object(["name": "no_such_input", "datatype": "FP32", "shape": [1], "data": [0]])]
        },
        refusal("wrong-datatype", "an input of another datatype is refused") { sample in
            sample.inputs.map { port in
                var input = json(port, in: sample).objectValue ?? JSONObject()
                input["datatype"] = port.type == .bool ? "FP64" : "BOOL"
                input["data"] = .array(Array(repeating: .boolean(true), count: port.count))
                return .object(input)
            }
        },
        refusal("wrong-shape", "data that does not fill its shape is refused") { sample in
            sample.inputs.map { port in
                var input = json(port, in: sample).objectValue ?? JSONObject()
                input["shape"] = .array(port.shape.map { .integer(Int64($0 + 1)) })
                return .object(input)
            }
        },
        Check("unknown-model", "an unknown model is 404 (Triton: 400) with an error text") {
            let path = "/v2/models/\(CheckSession.unknownModel)/infer"
            try expectJSONForm($0.sample)
            try await $0.rest(.POST, path, .object(request($0.sample))).expect(404, 400)
                .expectError()
        },
        Check("not-json", "a body that is no JSON is 400 (MLServer: 422)") {
            try await $0.rest(.POST, path($0), text: "{").expect(400, 422)
        },
        refusal("no-inputs", "a request without inputs is refused") { _ in [] },
        Check("get-infer", "GET on an infer path is refused with 400, 404 or 405") {
            try await $0.rest(.GET, path($0)).expect(400, 404, 405)
        },
        Check("no-route", "a path that the protocol does not have is 404 (or 400)") {
            try await $0.rest(.GET, "/v2/no/such/route").expect(404, 400)
        },
        Check("ready-unknown", "an unknown model is not ready: 404, 400 or 503") {
            let path = "/v2/models/\(CheckSession.unknownModel)/ready"
            try await $0.rest(.GET, path).expect(404, 400, 503)
        },
    ]

    static func path(_ session: CheckSession) -> String { "/v2/models/\(session.model)/infer" }

    static func describe(_ port: ModelSample.Port) -> JSONObject {
        [
            "name": .string(port.name), "datatype": .string(port.type.openInferenceName),
            "shape": .array(port.shape.map { .integer(Int64($0)) }),
        ]
    }

    static func json(_ port: ModelSample.Port, in sample: ModelSample) -> JSONValue {
        var input = describe(port)
        let nested = sample.nested(port)
        input["data"] = .array(flatten(nested))
        return .object(input)
    }

    static func request(_ sample: ModelSample) -> JSONObject {
        ["inputs": .array(inputs(sample))]
    }

    static func inputs(_ sample: ModelSample) -> [JSONValue] {
        sample.inputs.map { json($0, in: sample) }
    }

    private static func flatten(_ value: JSONValue) -> [JSONValue] {
        value.arrayValue.map { $0.flatMap(flatten) } ?? [value]
    }

    static func infer(_ session: CheckSession, _ inputs: [JSONValue]) async throws -> [JSONValue] {
        let reply = try await session.rest(.POST, path(session), ["inputs": .array(inputs)])
            .expect(200)
        return try reply.document()["outputs"]?.arrayValue ?? []
    }

    private static func binary(_ session: CheckSession) async throws -> ClientReply {
        let inputs = session.sample.inputs.map { port -> JSONValue in
            var input = describe(port)
            let size = Int64(session.sample.bytes(port).readableBytes)
            input["parameters"] = ["binary_data_size": .integer(size)]
            return .object(input)
        }
        let document: JSONObject = [
            "inputs": .array(inputs), "parameters": ["binary_data_output": .boolean(true)],
        ]
        var body = ByteBuffer(string: try JSONValue.object(document).text(.compact))
        let length = body.readableBytes
        for port in session.sample.inputs { body.writeImmutableBuffer(session.sample.bytes(port)) }
        return try await session.send(
            .POST, path(session),
            [
                "content-type": "application/octet-stream",
                "inference-header-content-length": String(length),
            ], body)
    }

    static func expectJSONForm(_ sample: ModelSample) throws {
        let hasForm = (sample.inputs + sample.outputs).allSatisfy {
            $0.type != .float16 && $0.type != .bfloat16
        }
        guard hasForm else { throw Skip("FP16 and BF16 have no JSON form") }
    }

    private static func refusal(
        _ name: String, _ claim: String, _ inputs: @escaping @Sendable (ModelSample) -> [JSONValue]
    ) -> Check {
        Check(name, claim + " with an error status and text") {
            try expectJSONForm($0.sample)
            try await $0.rest(.POST, path($0), ["inputs": .array(inputs($0.sample))])
                .expectRefusal()
        }
    }
}
