import NIOHTTP1
import ServingCore
import SlipwayClient
import Wire

/// KServe's first protocol, which shares TensorFlow Serving's paths but not its bodies.
enum KServeV1Suite {
    static let suite = Suite(
        name: .kserveV1,
        probe: { session in
            let reply = try await session.rest(.GET, "/v1/models")
            guard (try? reply.document())?["models"] != nil else {
                throw Skip("GET /v1/models lists no models")
            }
        },
        checks: [
            Check("list", "GET v1/models lists the model") {
                let models = try await $0.rest(.GET, "/v1/models").expect(200).document()["models"]
                try expect(
                    models?.arrayValue?.contains(.string($0.model)) == true,
                    "the model is not in the list")
            },
            Check("ready", "GET v1/models/NAME says name and ready") {
                let document = try await $0.rest(.GET, "/v1/models/\($0.model)").expect(200)
                    .document()
                try expect(
                    document["name"]?.stringValue == $0.model
                        && document["ready"]?.booleanValue != nil,
                    "name or ready is missing")
            },
            Check("instances", ":predict takes instances and answers predictions") {
                guard $0.sample.hasRows else { throw Skip("the model's inputs have no rows") }
                let body: JSONValue = ["instances": .array([$0.sample.instance])]
                let reply = try await $0.rest(.POST, "/v1/models/\($0.model):predict", body)
                    .expect(200)
                try expect(
                    try reply.document()["predictions"] != nil, "no predictions: \(reply.excerpt)")
            },
            Check("inputs", ":predict takes inputs in place of instances") {
                guard $0.sample.hasRows else { throw Skip("the model's inputs have no rows") }
                let body: JSONValue = ["inputs": .array([$0.sample.instance])]
                let reply = try await $0.rest(.POST, "/v1/models/\($0.model):predict", body)
                    .expect(200)
                try expect(
                    try reply.document()["predictions"] != nil, "no predictions: \(reply.excerpt)")
            },
            Check("unknown-model", "an unknown model is 404") {
                let body: JSONValue = ["instances": .array([$0.sample.instance])]
                let path = "/v1/models/\(CheckSession.unknownModel):predict"
                try await $0.rest(.POST, path, body).expect(404).expectError()
            },
        ])
}
