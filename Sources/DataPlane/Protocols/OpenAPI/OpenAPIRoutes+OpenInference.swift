import Inference
import ServingCore
import Tensors

/// The routes of the Open Inference Protocol, with the statuses of the compatibility mode.
extension OpenAPIRoutes {
    /// Whether probes have a body: Triton's and MLServer's have none.
    private var probesSpeak: Bool { compatibility == .kserve }

    /// Routes that name no model.
    var openInferenceServer: [OpenAPIOperation] {
        let none = openInferenceErrors([])
        return [
            OpenAPIOperation(
                method: "get", path: "/v2", tag: Self.openInference,
                summary: "The server's name, version and extensions",
                reply: [
                    OpenAPIContent(
                        schema: OpenAPISchema.object([
                            ("name", Self.text), ("version", Self.text),
                            ("extensions", OpenAPISchema.list(of: Self.text)),
                        ]))
                ], errors: none),
            OpenAPIOperation(
                method: "get", path: "/v2/health/live", tag: Self.openInference,
                summary: "Whether the server runs", reply: probesSpeak ? [Self.oneFlag("live")] : [],
                errors: none),
            OpenAPIOperation(
                method: "get", path: "/v2/health/ready", tag: Self.openInference,
                summary: "Whether every model answers",
                reply: probesSpeak ? [Self.oneFlag("ready")] : [],
                furtherReplies: [
                    probesSpeak
                        ? (503, "A model does not answer", Self.oneFlag("ready"))
                        : (400, "A model does not answer", nil)
                ], errors: none),
        ] + openInferenceExtensions
    }

    /// Routes of a model or of one of its versions.
    func openInference(_ tensors: OpenAPITensors, _ base: String) -> [OpenAPIOperation] {
        let model = openInferenceErrors(OpenAPIErrors.anyModel)
        let ready = OpenAPIContent(
            schema: OpenAPISchema.object([("name", Self.text), ("ready", Self.flag)]))
        let error = OpenAPIContent(schema: OpenAPISchema.reference("Error"))
        let isReady = OpenAPIOperation(
            method: "get", path: "\(base)/ready", tag: Self.openInference,
            summary: "Whether the model answers", reply: probesSpeak ? [ready] : [],
            furtherReplies: [
                probesSpeak
                    ? (503, "The model does not answer", ready)
                    : (400, "The model does not answer", compatibility == .triton ? error : nil)
            ], errors: model)
        return [
            OpenAPIOperation(
                method: "post", path: "\(base)/infer", tag: Self.openInference,
                summary: "Predicts",
                request: [
                    OpenAPIContent(schema: tensors.inferRequest, example: tensors.inferExample)
                ], reply: [OpenAPIContent(schema: tensors.inferReply)],
                errors: openInferenceErrors(OpenAPIErrors.anyModel + OpenAPIErrors.prediction)),
            OpenAPIOperation(
                method: "get", path: base, tag: Self.openInference,
                summary: "Names, types and shapes of inputs and outputs",
                reply: [OpenAPIContent(schema: tensors.metadata)], errors: model),
            isReady,
            OpenAPIOperation(
                method: "get", path: "\(base)/stats", tag: Self.openInference,
                summary: "What the model has computed",
                reply: [OpenAPIContent(schema: Self.statistics)], errors: model),
            OpenAPIOperation(
                method: "get", path: "\(base)/config", tag: Self.openInference,
                summary: "The model's configuration in Triton's words",
                reply: [OpenAPIContent(schema: Self.configuration)], errors: model),
        ]
    }

    /// Routes of a model that have no version.
    func openInferenceSettings(_ segment: String) -> [OpenAPIOperation] {
        let changes = openInferenceErrors(
            OpenAPIErrors.anyModel + [
                .unsupported, .invalidName, .alreadyExists, .modelInvalid, .configurationInvalid,
                .resourceExhausted, .fileUnreadable, .deadlineExceeded,
            ])
        let parameters = OpenAPISchema.object(
            [("parameters", OpenAPISchema.type("object"))], optional: ["parameters"])
        let repository = ["load", "unload"].map { action in
            OpenAPIOperation(
                method: "post", path: "/v2/repository/models/\(segment)/\(action)",
                tag: Self.openInference,
                summary: action == "load" ? "Loads the model anew" : "Unloads the model",
                request: [OpenAPIContent(schema: parameters)], errors: changes)
        }
        return repository + trace("/v2/models/\(segment)/trace/setting", OpenAPIErrors.anyModel)
    }

    private var openInferenceExtensions: [OpenAPIOperation] {
        [
            OpenAPIOperation(
                method: "get", path: "/v2/models/stats", tag: Self.openInference,
                summary: "What every model has computed",
                reply: [OpenAPIContent(schema: Self.statistics)], errors: openInferenceErrors([])),
            OpenAPIOperation(
                method: "post", path: "/v2/repository/index", tag: Self.openInference,
                summary: "The models and their states",
                request: [
                    OpenAPIContent(
                        schema: OpenAPISchema.object([("ready", Self.flag)], optional: ["ready"]),
                        example: .object([("ready", .flag(true))]))
                ],
                reply: [OpenAPIContent(schema: OpenAPISchema.list(of: entry))],
                errors: openInferenceErrors([])),
        ] + trace("/v2/trace/setting", []) + logging + sharedMemory
    }

    private var entry: ReplyDocument {
        OpenAPISchema.object(
            [
                ("name", Self.text), ("version", Self.text),
                (
                    "state",
                    OpenAPISchema.choice([
                        "UNKNOWN", "READY", "UNAVAILABLE", "LOADING", "UNLOADING",
                    ])
                ), ("reason", Self.text),
            ],
            optional: compatibility == .triton ? ["version", "state", "reason"] : ["version"])
    }

    /// Reads and changes settings at one path.
    private func settings(
        _ path: String, _ what: String, _ schema: ReplyDocument, _ codes: [ErrorCode]
    ) -> [OpenAPIOperation] {
        let content = OpenAPIContent(schema: schema)
        let any = OpenAPIContent(schema: OpenAPISchema.type("object"))
        return [
            OpenAPIOperation(
                method: "get", path: path, tag: Self.openInference, summary: "The \(what) settings",
                reply: [content], errors: openInferenceErrors(codes)),
            OpenAPIOperation(
                method: "post", path: path, tag: Self.openInference,
                summary: "Changes the \(what) settings, as far as they have a meaning here",
                request: [any], reply: [content],
                errors: openInferenceErrors(codes + [.unsupported])),
        ]
    }

    private func trace(_ path: String, _ codes: [ErrorCode]) -> [OpenAPIOperation] {
        let schema = OpenAPISchema.object([
            ("trace_level", OpenAPISchema.list(of: Self.text)), ("trace_rate", Self.text),
            ("trace_count", Self.text), ("log_frequency", Self.text), ("trace_file", Self.text),
            ("trace_mode", Self.text),
        ])
        return settings(path, "trace", schema, codes)
    }

    private var logging: [OpenAPIOperation] {
        let schema = OpenAPISchema.object([
            ("log_file", Self.text), ("log_info", Self.flag), ("log_warning", Self.flag),
            ("log_error", Self.flag), ("log_verbose_level", OpenAPISchema.type("integer")),
            ("log_format", Self.text),
        ])
        return settings("/v2/logging", "log", schema, [])
    }

    private var sharedMemory: [OpenAPIOperation] {
        let number = OpenAPISchema.type("integer")
        let region = OpenAPISchema.object([
            ("name", Self.text), ("key", Self.text), ("offset", number), ("byte_size", number),
        ])
        let registration = OpenAPISchema.object(
            [("key", Self.text), ("offset", number), ("byte_size", number)], optional: ["offset"])
        let name = ReplyDocument.object([
            ("name", .text("region")), ("in", .text("path")), ("required", .flag(true)),
            ("schema", Self.text),
        ])
        let base = "/v2/systemsharedmemory"
        let one = "\(base)/region/{region}"
        let errors = openInferenceErrors([
            .routeNotFound, .invalidTensor, .fileUnreadable, .unsupported, .resourceExhausted,
            .alreadyExists,
        ])
        let list = [OpenAPIContent(schema: OpenAPISchema.list(of: region))]
        return [
            OpenAPIOperation(
                method: "get", path: "\(base)/status", tag: Self.openInference,
                summary: "The regions of shared memory", reply: list, errors: errors),
            OpenAPIOperation(
                method: "post", path: "\(base)/unregister", tag: Self.openInference,
                summary: "Forgets every region", errors: errors),
            OpenAPIOperation(
                method: "get", path: "\(one)/status", tag: Self.openInference,
                summary: "One region", parameters: [name], reply: list, errors: errors),
            OpenAPIOperation(
                method: "post", path: "\(one)/register", tag: Self.openInference,
                summary: "Makes a region known", parameters: [name],
                request: [OpenAPIContent(schema: registration)], errors: errors),
            OpenAPIOperation(
                method: "post", path: "\(one)/unregister", tag: Self.openInference,
                summary: "Forgets a region", parameters: [name], errors: errors),
        ]
    }

    private static let statistics: ReplyDocument = {
        let count = ReplyDocument.object([("type", .text("integer")), ("minimum", .integer(0))])
        let duration = OpenAPISchema.object([("count", count), ("ns", count)])
        let steps = ["compute_input", "compute_infer", "compute_output"]
        let times =
            ["success", "fail", "queue"] + steps + ["cache_hit", "cache_miss"]
        let batch = OpenAPISchema.object(
            [("batch_size", count)] + steps.map { ($0, duration) })
        let model = OpenAPISchema.object([
            ("name", text), ("version", text), ("last_inference", count),
            ("inference_count", count), ("execution_count", count),
            ("inference_stats", OpenAPISchema.object(times.map { ($0, duration) })),
            ("batch_stats", OpenAPISchema.list(of: batch)),
        ])
        return OpenAPISchema.object([("model_stats", OpenAPISchema.list(of: model))])
    }()

    private static let configuration: ReplyDocument = {
        let integer = OpenAPISchema.type("integer")
        let tensor = OpenAPISchema.object([
            ("name", text), ("data_type", text), ("dims", OpenAPISchema.list(of: integer)),
        ])
        let list = OpenAPISchema.list(of: tensor)
        return OpenAPISchema.object([
            ("name", text), ("platform", text), ("backend", text), ("max_batch_size", integer),
            ("input", list), ("output", list), ("parameters", OpenAPISchema.type("object")),
        ])
    }()
}
