import Inference
import ServingCore
import Tensors

/// The routes of TensorFlow Serving's REST API.
extension OpenAPIRoutes {
    /// Routes of a model: as a whole, of the version that answers, and of any label.
    func tensorFlow(_ tensors: OpenAPITensors, _ metadata: ModelMetadata, _ segment: String)
        -> [OpenAPIOperation]
    {
        let base = "/v1/models/\(segment)"
        let version = "\(base)/versions/\(metadata.identity.version)"
        let label = "\(base)/labels/{label}"
        return [base, version, label].flatMap { place -> [OpenAPIOperation] in
            var operations = [prediction(tensors, place)]
            if (try? ClassificationPlan(metadata.defaultSignature, metadata)) != nil {
                operations.append(examples("classify", Self.classes, tensors, place))
            }
            if (try? RegressionPlan(metadata.defaultSignature)) != nil {
                operations.append(examples("regress", Self.numbers, tensors, place))
            }
            operations += [status(place), signatures(place)]
            if place == label {
                for index in operations.indices { operations[index].parameters = [Self.label] }
            }
            return operations
        }
    }

    private static let label = ReplyDocument.object([
        ("name", .text("label")), ("in", .text("path")), ("required", .flag(true)),
        ("schema", text),
    ])

    /// An unknown label is 400 here, not 404.
    private static let modelErrors = OpenAPIErrors.anyModel + [.labelNotFound, .signatureNotFound]

    private func prediction(_ tensors: OpenAPITensors, _ place: String) -> OpenAPIOperation {
        OpenAPIOperation(
            method: "post", path: "\(place):predict", tag: Self.tensorFlowServing,
            summary: "Predicts, by rows or by columns",
            request: [
                OpenAPIContent(
                    schema: OpenAPISchema.any(of: [tensors.instances(), tensors.columns]),
                    example: tensors.instancesExample())
            ],
            reply: [
                OpenAPIContent(
                    schema: OpenAPISchema.any(of: [
                        OpenAPISchema.object([("predictions", tensors.predictionRows)]),
                        OpenAPISchema.object([("outputs", tensors.predictionColumns)]),
                    ]))
            ],
            errors: Self.tensorFlowErrors(Self.modelErrors + OpenAPIErrors.prediction))
    }

    /// `[["label", score], ...]` for each example.
    private static let classes = OpenAPISchema.list(
        of: .object([
            ("type", .text("array")), ("minItems", .integer(2)), ("maxItems", .integer(2)),
            ("prefixItems", .list([text, OpenAPISchema.answeredNumber])),
        ]))

    private static let numbers = OpenAPISchema.answeredNumber

    private func examples(
        _ method: String, _ result: ReplyDocument, _ tensors: OpenAPITensors, _ place: String
    ) -> OpenAPIOperation {
        // A feature may be anything that an example can hold; the signature says what fits.
        let features = OpenAPISchema.type("object")
        let request = OpenAPISchema.object(
            [
                ("signature_name", Self.text), ("context", features),
                ("examples", OpenAPISchema.list(of: features, atLeast: 1)),
            ], optional: ["signature_name", "context"])
        let results = OpenAPISchema.list(of: result)
        return OpenAPIOperation(
            method: "post", path: "\(place):\(method)", tag: Self.tensorFlowServing,
            summary: method == "classify" ? "Classifies examples" : "Regresses examples",
            request: [OpenAPIContent(schema: request, example: tensors.exampleOfExamples)],
            reply: [OpenAPIContent(schema: OpenAPISchema.object([("results", results)]))],
            errors: Self.tensorFlowErrors(Self.modelErrors + OpenAPIErrors.prediction))
    }

    private func status(_ place: String) -> OpenAPIOperation {
        let states = ["UNKNOWN", "START", "LOADING", "AVAILABLE", "UNLOADING", "END"]
        let version = OpenAPISchema.object([
            ("version", Self.text), ("state", OpenAPISchema.choice(states)),
            (
                "status",
                OpenAPISchema.object([("error_code", Self.text), ("error_message", Self.text)])
            ),
        ])
        return OpenAPIOperation(
            method: "get", path: place, tag: Self.tensorFlowServing,
            summary: "The states of the versions; a label shows all of them",
            reply: [
                OpenAPIContent(
                    schema: OpenAPISchema.object([
                        ("model_version_status", OpenAPISchema.list(of: version, atLeast: 1))
                    ]))
            ], errors: Self.tensorFlowErrors(Self.modelErrors))
    }

    private func signatures(_ place: String) -> OpenAPIOperation {
        let any = OpenAPISchema.type("object")
        let specification = OpenAPISchema.object([
            ("name", Self.text), ("signature_name", Self.text), ("version", Self.text),
        ])
        let map = OpenAPISchema.object([("signature_def", any)])
        return OpenAPIOperation(
            method: "get", path: "\(place)/metadata", tag: Self.tensorFlowServing,
            summary: "The signatures",
            reply: [
                OpenAPIContent(
                    schema: OpenAPISchema.object([
                        ("model_spec", specification),
                        ("metadata", OpenAPISchema.object([("signature_def", map)])),
                    ]))
            ], errors: Self.tensorFlowErrors(Self.modelErrors))
    }
}
