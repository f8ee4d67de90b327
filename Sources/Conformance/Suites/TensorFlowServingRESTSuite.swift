import NIOHTTP1
import ServingCore
import SlipwayClient
import Wire

/// TensorFlow Serving's REST API (`http_rest_api_handler.cc`, `json_tensor.cc`).
enum TensorFlowServingRESTSuite {
    static let suite = Suite(
        name: .tensorFlowServingREST,
        probe: { session in
            let reply = try await session.rest(.GET, "/v1/models/\(session.model)")
            let document = (try? reply.document())
            guard document?["model_version_status"] != nil else {
                throw Skip("GET /v1/models/\(session.model) shows no model_version_status")
            }
        },
        checks: status + predictions + refusals + forms + quirks)

    private static let status = [
        Check("status", "the status lists versions as text, with state and error code") {
            let reply = try await $0.rest(.GET, "/v1/models/\($0.model)").expect(200)
            let first = try reply.document()["model_version_status"]?.arrayValue?.first
            let version = first?.objectValue
            try expect(
                version?["version"]?.stringValue != nil
                    && version?["state"]?.stringValue == "AVAILABLE"
                    && version?["status"]?.objectValue?["error_code"]?.stringValue == "OK"
                    && version?["status"]?.objectValue?["error_message"]?.stringValue == "",
                "the first version is: \(reply.excerpt)")
        },
        Check("status-unknown", "the status of an unknown model is 404 in the original's words") {
            let name = CheckSession.unknownModel
            try await $0.rest(.GET, "/v1/models/\(name)").expect(404)
                .expectError("Could not find any versions of model \(name)")
        },
        Check("metadata", "the metadata names model, version and the signature's dtypes") {
            let reply = try await $0.rest(.GET, "/v1/models/\($0.model)/metadata").expect(200)
            let spec = try reply.document()["model_spec"]?.objectValue
            try expect(
                spec?["name"]?.stringValue == $0.model && spec?["version"]?.stringValue != nil,
                "model_spec is wrong: \(reply.excerpt)")
            _ = try ModelSample(model: $0.model, tensorFlowServing: try reply.document())
        },
        Check("case", "paths match in upper and lower case") {
            try await $0.rest(.GET, "/V1/MODELS/\($0.model)").expect(200)
        },
        Check("content-type", "every reply is application/json, errors too") {
            for path in ["/v1/models/\($0.model)", "/v1/models/\(CheckSession.unknownModel)"] {
                let reply = try await $0.rest(.GET, path)
                let type = reply.headers.first(name: "content-type") ?? "(none)"
                try expect(type.hasPrefix("application/json"), "\(path) is of type \(type)")
            }
        },
    ]

    private static let predictions = [
        Check("predict-rows", "a row request gets one prediction a row") {
            try expectRows($0)
            let body: JSONValue = ["instances": .array([$0.sample.instance, $0.sample.instance])]
            let reply = try await $0.rest(.POST, predict($0), body).expect(200)
            try expect(
                try reply.document()["predictions"]?.arrayValue?.count == 2,
                "two rows did not get two predictions: \(reply.excerpt)")
        },
        Check("predict-columns", "a column request gets outputs") {
            let reply = try await $0.rest(.POST, predict($0), ["inputs": $0.sample.columns])
                .expect(200)
            try expect(try reply.document()["outputs"] != nil, "no outputs: \(reply.excerpt)")
        },
        Check("predict-named", "rows may be objects with the inputs' names") {
            try expectRows($0)
            var row = JSONObject()
            for input in $0.sample.inputs { row[input.name] = $0.sample.row(input) }
            try await $0.rest(.POST, predict($0), ["instances": .array([.object(row)])])
                .expect(200)
        },
        Check("signature", "serving_default is a signature that a request may name") {
            let body: JSONValue = [
                "signature_name": "serving_default", "inputs": $0.sample.columns,
            ]
            try await $0.rest(.POST, predict($0), body).expect(200)
        },
        Check("trailing-bytes", "what follows the JSON object is ignored") {
            let text = try JSONValue.object(["inputs": $0.sample.columns]).text(.compact)
            try await $0.rest(.POST, predict($0), text: text + " and more").expect(200)
        },
        Check("any-content-type", "the request's content type is not looked at") {
            let text = try JSONValue.object(["inputs": $0.sample.columns]).text(.compact)
            try await $0.rest(
                .POST, predict($0), text: text, headers: ["content-type": "text/plain"]
            ).expect(200)
        },
    ]

    private static let refusals = [
        refusal("both-formats", 400, nil) {
            ["inputs": $0.columns, "instances": .array([$0.instance])]
        },
        refusal("no-format", 400, "Missing 'inputs' or 'instances' key") { _ in ["x": 1] },
        refusal("no-instances", 400, nil) { _ in ["instances": []] },
        refusal("ragged", 400, nil) { _ in ["instances": [[1, 2], [1]]] },
        refusal(
            "unknown-signature", 400,
            "Serving signature name: \"no_such_signature\" not found in signature def"
        ) { ["signature_name": "no_such_signature", "inputs": $0.columns] },
        Check("not-json", "a body that is no JSON is 400 with the parser's reason") {
            let reply = try await $0.rest(.POST, predict($0), text: "{\"instances\": [").expect(400)
            let text = try reply.document()["error"]?.stringValue ?? ""
            try expect(text.hasPrefix("JSON Parse error:"), "the error is '\(text.clipped())'")
        },
        Check("empty-body", "an empty body is 400: the document is empty") {
            try await $0.rest(.POST, predict($0)).expect(400)
                .expectError("JSON Parse error: The document is empty")
        },
        unknown("unknown-model", 404, "Servable not found for request: Latest(no_such_model)") {
            _ in "/v1/models/no_such_model:predict"
        },
        unknown("unknown-version", 404, nil) { "/v1/models/\($0)/versions/987654321:predict" },
        unknown("unknown-label", 400, "Unrecognized servable version label: no_such_label") {
            "/v1/models/\($0)/labels/no_such_label:predict"
        },
        Check("malformed", "a path that is no route is 400 'Malformed request'") {
            try await $0.rest(.GET, "/v1/no/such/route").expect(400)
                .expectError("Malformed request: GET /v1/no/such/route")
        },
        Check("no-name", "a status without a name is 400") {
            try await $0.rest(.GET, "/v1/models").expect(400)
                .expectError("Missing model name in request.")
        },
    ]

    static func predict(_ session: CheckSession) -> String {
        "/v1/models/\(session.model):predict"
    }

    private static func expectRows(_ session: CheckSession) throws {
        guard session.sample.hasRows else { throw Skip("the model's inputs have no rows") }
    }

    private static func refusal(
        _ name: String, _ status: UInt, _ text: String?,
        _ body: @escaping @Sendable (ModelSample) -> JSONObject
    ) -> Check {
        Check(name, "such a request is \(status)" + (text.map { ": \($0)" } ?? "")) {
            try await $0.rest(.POST, predict($0), .object(body($0.sample))).expect(status)
                .expectError(text)
        }
    }

    private static func unknown(
        _ name: String, _ status: UInt, _ text: String?,
        _ path: @escaping @Sendable (String) -> String
    ) -> Check {
        Check(name, "what is not there is \(status)" + (text.map { ": \($0)" } ?? "")) {
            try await $0.rest(.POST, path($0.model), ["inputs": $0.sample.columns])
                .expect(status).expectError(text)
        }
    }
}
