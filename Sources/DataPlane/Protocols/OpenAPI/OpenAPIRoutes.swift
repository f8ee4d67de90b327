import Inference
import NIOHTTP1
import ServingCore
import Tensors

/// Every route of the data port that is described, in one place: a new route is one more element.
struct OpenAPIRoutes {
    /// Whether `/v1` is KServe's.
    let isKServe: Bool
    /// Whether `/models` exists.
    let isMultiModel: Bool
    /// Whose statuses and empty answers `/v2` has.
    var compatibility = OpenInferenceCompatibility.kserve
    /// Where metrics are shown.
    var metricsPaths: [String] = []
    /// The paths of liveness and readiness, each if there is one.
    var livePath: String?
    var readyPath: String?

    static let tensorFlowServing = "TensorFlow Serving"
    static let openInference = "Open Inference Protocol"
    static let kserve = "KServe v1"
    static let invocations = "SageMaker and MLflow"
    static let operation = "Operation"

    static let text = OpenAPISchema.type("string")
    static let flag = OpenAPISchema.type("boolean")

    // MARK: Errors

    static func tensorFlowErrors(_ codes: [ErrorCode]) -> OpenAPIErrors {
        OpenAPIErrors("Error", OpenAPIErrors.anyRequest + codes) {
            Int(TensorFlowServingStatus.of($0).http.code)
        }
    }

    func openInferenceErrors(_ codes: [ErrorCode]) -> OpenAPIErrors {
        OpenAPIErrors("Error", OpenAPIErrors.anyRequest + codes) {
            Int(OpenInferenceStatus.of($0, as: compatibility).code)
        }
    }

    /// Of routes that are the same in every mode.
    static func plainErrors(_ codes: [ErrorCode]) -> OpenAPIErrors {
        OpenAPIErrors("Error", OpenAPIErrors.anyRequest + codes) {
            Int(OpenInferenceStatus.of($0).code)
        }
    }

    static func invocationsErrors(_ codes: [ErrorCode]) -> OpenAPIErrors {
        OpenAPIErrors("InvocationsError", OpenAPIErrors.anyRequest + codes) {
            Int(InvocationsStatus.of($0).http.code)
        }
    }

    // MARK: Routes of the server

    /// Routes that name no model.
    var server: [OpenAPIOperation] {
        var routes = openInferenceServer + operations
        routes += invocationsServer
        if isKServe {
            routes.append(
                OpenAPIOperation(
                    method: "get", path: "/v1/models", tag: Self.kserve,
                    summary: "The names of all models",
                    reply: [
                        OpenAPIContent(
                            schema: OpenAPISchema.object([
                                ("models", OpenAPISchema.list(of: Self.text))
                            ]))
                    ], errors: Self.plainErrors([])))
        }
        return routes
    }

    static func oneFlag(_ name: String) -> OpenAPIContent {
        OpenAPIContent(
            schema: OpenAPISchema.object([(name, flag)]), example: .object([(name, .flag(true))]))
    }

    private var invocationsServer: [OpenAPIOperation] {
        let none = Self.invocationsErrors([])
        let number = OpenAPISchema.type("integer")
        return [
            OpenAPIOperation(
                method: "get", path: "/ping", tag: Self.invocations,
                summary: "Whether the server answers predictions",
                furtherReplies: [(503, "A model does not answer", nil)], errors: none),
            OpenAPIOperation(
                method: "get", path: "/health", tag: Self.invocations,
                summary: "The same as /ping",
                furtherReplies: [(503, "A model does not answer", nil)], errors: none),
            OpenAPIOperation(
                method: "get", path: "/version", tag: Self.invocations,
                summary: "The server's version",
                reply: [OpenAPIContent(mediaType: "text/plain", schema: Self.text)], errors: none),
            OpenAPIOperation(
                method: "get", path: "/execution-parameters", tag: Self.invocations,
                summary: "How batch transform should send its requests",
                reply: [
                    OpenAPIContent(
                        schema: OpenAPISchema.object([
                            ("MaxConcurrentTransforms", number), ("BatchStrategy", Self.text),
                            ("MaxPayloadInMB", number),
                        ]))
                ], errors: none),
        ] + (isMultiModel ? endpoint : [])
    }

    private var endpoint: [OpenAPIOperation] {
        let model = OpenAPISchema.object([("modelName", Self.text), ("modelUrl", Self.text)])
        let errors = Self.invocationsErrors([])
        return [
            OpenAPIOperation(
                method: "get", path: "/models", tag: Self.invocations,
                summary: "The models of the endpoint, page by page",
                parameters: [
                    .object([
                        ("name", .text("next_page_token")), ("in", .text("query")),
                        ("schema", Self.text),
                    ])
                ],
                reply: [
                    OpenAPIContent(
                        schema: OpenAPISchema.object(
                            [
                                ("models", OpenAPISchema.list(of: model)),
                                ("nextPageToken", Self.text),
                            ], optional: ["nextPageToken"]))
                ], errors: errors),
            OpenAPIOperation(
                method: "post", path: "/models", tag: Self.invocations, summary: "Adds a model",
                request: [
                    OpenAPIContent(
                        schema: OpenAPISchema.object([
                            ("model_name", Self.text), ("url", Self.text),
                        ]))
                ], reply: [OpenAPIContent(schema: OpenAPISchema.object([("message", Self.text)]))],
                furtherReplies: [
                    (
                        409, "The model is loaded already",
                        OpenAPIContent(schema: OpenAPISchema.reference("InvocationsError"))
                    )
                ],
                errors: Self.invocationsErrors([
                    .invalidName, .modelNotFound, .modelInvalid, .resourceExhausted, .unsupported,
                ])),
        ]
    }

    // MARK: Routes of a model

    /// Routes of a model; `segment` is its name as a path segment.
    func model(_ metadata: ModelMetadata, _ segment: String) -> [OpenAPIOperation] {
        let tensors = OpenAPITensors(
            signature: metadata.defaultSignature, signatureNames: metadata.signatures.map(\.name))
        return (isKServe ? kserve(tensors, segment) : tensorFlow(tensors, metadata, segment))
            + ["", "/versions/\(metadata.identity.version)"].flatMap {
                openInference(tensors, "/v2/models/\(segment)\($0)")
            } + openInferenceSettings(segment) + (isMultiModel ? endpoint(tensors, segment) : [])
    }

    private func kserve(_ tensors: OpenAPITensors, _ segment: String) -> [OpenAPIOperation] {
        [
            OpenAPIOperation(
                method: "post", path: "/v1/models/\(segment):predict", tag: Self.kserve,
                summary: "Predicts, row by row",
                request: [
                    OpenAPIContent(
                        schema: OpenAPISchema.any(of: [
                            tensors.instances(), tensors.instances("inputs"),
                        ]), example: tensors.instancesExample())
                ], reply: [Self.predictions(tensors)],
                errors: Self.plainErrors(
                    OpenAPIErrors.anyModel + OpenAPIErrors.prediction)),
            OpenAPIOperation(
                method: "get", path: "/v1/models/\(segment)", tag: Self.kserve,
                summary: "Whether the model answers",
                reply: [
                    OpenAPIContent(
                        schema: OpenAPISchema.object([("name", Self.text), ("ready", Self.flag)]))
                ], errors: Self.plainErrors(OpenAPIErrors.anyModel)),
        ]
    }

    private static func predictions(_ tensors: OpenAPITensors) -> OpenAPIContent {
        // Outputs without common rows come as columns.
        OpenAPIContent(
            schema: OpenAPISchema.object([
                (
                    "predictions",
                    OpenAPISchema.any(of: [tensors.predictionRows, tensors.predictionColumns])
                )
            ]))
    }

    private func endpoint(_ tensors: OpenAPITensors, _ segment: String) -> [OpenAPIOperation] {
        [
            OpenAPIOperation(
                method: "get", path: "/models/\(segment)", tag: Self.invocations,
                summary: "Where the model came from",
                reply: [
                    OpenAPIContent(
                        schema: OpenAPISchema.object([
                            ("modelName", Self.text), ("modelUrl", Self.text),
                        ]))
                ], errors: Self.invocationsErrors(OpenAPIErrors.anyModel)),
            OpenAPIOperation(
                method: "delete", path: "/models/\(segment)", tag: Self.invocations,
                summary: "Removes the model",
                reply: [OpenAPIContent(schema: OpenAPISchema.object([("message", Self.text)]))],
                errors: Self.invocationsErrors(OpenAPIErrors.anyModel + [.unsupported])),
            invocation(tensors, path: "/models/\(segment)/invoke"),
        ]
    }

    /// `/invocations` for the model that answers there, or `/models/NAME/invoke`.
    func invocation(_ tensors: OpenAPITensors, path: String = "/invocations") -> OpenAPIOperation {
        let json =
            [
                OpenAPISchema.object([("instances", tensors.rows)]), tensors.columns, tensors.rows,
                tensors.inferRequest,
            ] + tensors.dataFrames
        return OpenAPIOperation(
            method: "post", path: path, tag: Self.invocations, summary: "Predicts",
            request: [
                OpenAPIContent(
                    schema: OpenAPISchema.any(of: json), example: tensors.instancesExample()),
                OpenAPIContent(mediaType: "text/csv", schema: Self.text),
                OpenAPIContent(mediaType: "application/jsonlines", schema: Self.text),
            ],
            reply: [
                OpenAPIContent(
                    schema: OpenAPISchema.any(of: [
                        Self.predictions(tensors).schema, tensors.inferReply,
                    ])),
                OpenAPIContent(mediaType: "text/csv", schema: Self.text),
                OpenAPIContent(mediaType: "application/jsonlines", schema: Self.text),
                OpenAPIContent(mediaType: "application/x-npy", schema: .object([])),
            ],
            errors: Self.invocationsErrors(OpenAPIErrors.anyModel + OpenAPIErrors.prediction))
    }
}
