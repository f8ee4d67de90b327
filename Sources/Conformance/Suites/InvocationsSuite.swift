import NIOHTTP1
import ServingCore
import SlipwayClient
import Wire

/// `/ping` and `/invocations`, as SageMaker's containers and MLflow's scoring server have them.
enum InvocationsSuite {
    static let suite = Suite(
        name: .invocations,
        probe: { session in
            let reply = try await session.rest(.GET, "/ping")
            guard reply.status.code == 200 else {
                throw Skip("GET /ping answers \(reply.status.code)")
            }
        },
        checks: [
            Check("ping", "GET /ping is 200") {
                try await $0.rest(.GET, "/ping").expect(200)
            },
            Check("instances", "POST /invocations takes instances and answers predictions") {
                guard $0.sample.hasRows else { throw Skip("the model's inputs have no rows") }
                let body: JSONValue = ["instances": .array([$0.sample.instance])]
                let reply = try await $0.rest(.POST, path, body).expect(200)
                try expect(
                    try reply.document()["predictions"] != nil, "no predictions: \(reply.excerpt)")
            },
            Check("inputs", "POST /invocations takes inputs") {
                try await $0.rest(.POST, path, ["inputs": $0.sample.columns]).expect(200)
            },
            Check("content-type", "an unknown content type is 415") {
                try await $0.rest(
                    .POST, path, text: "x", headers: ["content-type": "application/x-no-such"]
                ).expect(415)
            },
            Check("not-json", "a body that is no JSON is 400") {
                try await $0.rest(.POST, path, text: "{").expect(400)
            },
        ])

    private static let path = "/invocations"
}
