import NIOCore
import NIOHTTP1
import ServingCore
import SlipwayClient
import Tensors
import Wire

/// How values are written, how bodies may come, and the quirks that clients have grown used to.
extension TensorFlowServingRESTSuite {
    static let forms = [
        Check("float-form", "numbers of a floating-point output have a point or an exponent") {
            guard $0.sample.outputs.allSatisfy(\.type.isFloatingPoint) else {
                throw Skip("not every output is floating-point")
            }
            let reply = try await columns($0).expect(200)
            let wrong = leaves(try reply.document()["outputs"]).filter {
                if case .integer = $0 { true } else { false }
            }
            try expect(wrong.isEmpty, "there are bare integers: \(reply.excerpt)")
        },
        Check("b64", "a byte string may be {\"b64\": ...}") {
            guard $0.sample.inputs.contains(where: { $0.type == .bytes }) else {
                throw Skip("the model has no string input")
            }
            let body: JSONValue = ["inputs": replaced($0.sample, .bytes, ["b64": "YQ=="])]
            try await $0.rest(.POST, predict($0), body).expect(200)
        },
        Check("b64-number", "{\"b64\": ...} in the place of a number is 400") {
            guard let port = $0.sample.inputs.first(where: { $0.type != .bytes }) else {
                throw Skip("the model has string inputs only")
            }
            let body: JSONValue = ["inputs": replaced($0.sample, port.type, ["b64": "YQ=="])]
            try await $0.rest(.POST, predict($0), body).expect(400).expectError()
        },
        Check("text-number", "text in the place of a number is 400") {
            guard let port = $0.sample.inputs.first(where: { $0.type != .bytes }) else {
                throw Skip("the model has string inputs only")
            }
            let body: JSONValue = ["inputs": replaced($0.sample, port.type, "text")]
            try await $0.rest(.POST, predict($0), body).expect(400).expectError()
        },
        Check("fraction", "a fraction in the place of an integer is 400") {
            let integers = $0.sample.inputs.map(\.type).filter {
                !$0.isFloatingPoint && $0 != .bytes && $0 != .bool
            }
            guard let type = integers.first else { throw Skip("the model has no integer input") }
            let body: JSONValue = ["inputs": replaced($0.sample, type, .number(1.5))]
            try await $0.rest(.POST, predict($0), body).expect(400).expectError()
        },
        Check("gzip", "a request body may be compressed with gzip") {
            let text = try JSONValue.object(["inputs": $0.sample.columns]).text(.compact)
            let reply = try await $0.send(
                .POST, predict($0),
                ["content-type": "application/json", "content-encoding": "gzip"],
                StoredGzip.member(of: ByteBuffer(string: text)))
            try reply.expect(200)
        },
        Check("version", "a version that is AVAILABLE can be asked by its number") {
            let reply = try await $0.rest(.GET, "/v1/models/\($0.model)").expect(200)
            let versions = try reply.document()["model_version_status"]?.arrayValue ?? []
            guard
                let version = versions.first(where: {
                    $0.objectValue?["state"]?.stringValue == "AVAILABLE"
                })?.objectValue?["version"]?.stringValue
            else { throw Breach("no version is AVAILABLE: \(reply.excerpt)") }
            try await $0.rest(
                .POST, "/v1/models/\($0.model)/versions/\(version):predict",
                ["inputs": $0.sample.columns]
            ).expect(200)
        },
    ]

    static let quirks = [
        Check("status-label", "the status of any label shows all versions") {
            let reply = try await $0.rest(.GET, "/v1/models/\($0.model)/labels/no_such_label")
            try expect(
                try reply.expect(200).document()["model_version_status"] != nil,
                "no versions: \(reply.excerpt)")
        },
        Check("status-version", "the status of an unknown version is 404 in the original's words") {
            try await $0.rest(.GET, "/v1/models/\($0.model)/versions/987654321").expect(404)
                .expectError("Could not find version 987654321 of model \($0.model)")
        },
        Check("method", "another method is 400 'Malformed request'") {
            let path = "/v1/models/\($0.model)"
            try await $0.rest(.PUT, path).expect(400)
                .expectError("Malformed request: PUT \(path)")
        },
        Check("preflight", "OPTIONS with an Origin is 200") {
            try await $0.rest(.OPTIONS, predict($0), headers: ["origin": "http://example.com"])
                .expect(200)
        },
        Check("no-origin", "OPTIONS without an Origin is 400") {
            try await $0.rest(.OPTIONS, predict($0)).expect(400)
        },
        Check("classify", ":classify answers 'results' with pairs, for models that classify") {
            let results = try await results($0, "classify")
            let pair = results.first?.arrayValue?.first?.arrayValue
            try expect(
                pair?.count == 2 && pair?.first?.stringValue != nil,
                "each example must have a list of [label, score]")
        },
        Check("regress", ":regress answers 'results' with numbers, for models that regress") {
            let results = try await results($0, "regress")
            try expect(
                results.count == 1 && results[0].arrayValue == nil
                    && results[0].objectValue == nil, "one example must have one number")
        },
    ]

    private static func columns(_ session: CheckSession) async throws -> ClientReply {
        try await session.rest(.POST, predict(session), ["inputs": session.sample.columns])
    }

    /// The sample's columns with every element of the inputs of a type replaced.
    private static func replaced(
        _ sample: ModelSample, _ type: ElementType, _ element: JSONValue
    ) -> JSONValue {
        let values = sample.inputs.map { port -> (String, JSONValue) in
            let nested = sample.nested(port)
            return (port.name, port.type == type ? substitute(nested, element) : nested)
        }
        if values.count == 1 { return values[0].1 }
        var object = JSONObject()
        for (name, value) in values { object[name] = value }
        return .object(object)
    }

    private static func substitute(_ value: JSONValue, _ element: JSONValue) -> JSONValue {
        guard let elements = value.arrayValue else { return element }
        return .array(elements.map { substitute($0, element) })
    }

    private static func leaves(_ value: JSONValue?) -> [JSONValue] {
        guard let value else { return [] }
        if let elements = value.arrayValue { return elements.flatMap { leaves($0) } }
        if let object = value.objectValue { return object.members.flatMap { leaves($0.value) } }
        return [value]
    }

    /// Asks about one example whose features are the sample's values.
    private static func results(_ session: CheckSession, _ method: String) async throws
        -> [JSONValue]
    {
        var example = JSONObject()
        for port in session.sample.inputs {
            guard port.isBatched, port.shape.count <= 2 else {
                throw Skip("input '\(port.name)' is no feature of an example")
            }
            let row = session.sample.row(port)
            // An example's floats are told from its integers by the point.
            example[port.name] = port.type.isFloatingPoint ? substitute(row, .number(0.5)) : row
        }
        let reply = try await session.rest(
            .POST, "/v1/models/\(session.model):\(method)",
            ["examples": .array([.object(example)])])
        if reply.status.code == 400, reply.excerpt.contains("Expected") {
            throw Skip("the model's signature does not fit: \(reply.excerpt)")
        }
        guard let results = try reply.expect(200).document()["results"]?.arrayValue else {
            throw Breach("no list 'results': \(reply.excerpt)")
        }
        return results
    }
}
