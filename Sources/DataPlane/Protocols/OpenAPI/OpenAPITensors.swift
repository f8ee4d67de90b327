import Inference
import ServingCore
import Tensors

/// The bodies of predictions, described from a model's signature.
struct OpenAPITensors {
    let signature: ModelSignature
    /// Names of all signatures, of which a request may choose one.
    let signatureNames: [String]

    private typealias Members = [(key: String, value: ReplyDocument)]

    private var signatureMember: (key: String, value: ReplyDocument) {
        let names = signatureNames.map { ReplyDocument.text($0) }
        return ("signature_name", .object([("type", .text("string")), ("enum", .list(names))]))
    }

    // MARK: Rows and columns

    /// An element of `instances`: the value of the only input, or an object of all.
    private var row: ReplyDocument {
        let properties = signature.inputs.map { ($0.name, OpenAPISchema.nested($0, dropping: 1)) }
        let object = OpenAPISchema.object(properties)
        guard signature.inputs.count == 1 else { return object }
        return OpenAPISchema.any(of: [properties[0].1, object])
    }

    private var rowExample: ReplyDocument? {
        var members: Members = []
        for input in signature.inputs {
            guard let value = OpenAPISchema.example(input, dropping: 1) else { return nil }
            members.append((input.name, value))
        }
        return members.count == 1 ? members[0].value : .object(members)
    }

    /// An example of a request to classify or regress; nil when an input is no feature.
    var exampleOfExamples: ReplyDocument? {
        guard signature.inputs.allSatisfy({ ($0.dimensions?.count ?? 3) <= 2 }) else { return nil }
        var members: Members = []
        for input in signature.inputs {
            guard let value = OpenAPISchema.example(input, dropping: 1) else { return nil }
            members.append((input.name, value))
        }
        return .object([("examples", .list([.object(members)]))])
    }

    /// A list of rows.
    var rows: ReplyDocument { OpenAPISchema.list(of: row, atLeast: 1) }

    /// `{"instances": […]}`
    func instances(_ key: String = "instances") -> ReplyDocument {
        OpenAPISchema.object([(key, rows), signatureMember], optional: ["signature_name"])
    }

    /// The example of it.
    func instancesExample(_ key: String = "instances") -> ReplyDocument? {
        rowExample.map { .object([(key, .list([$0]))]) }
    }

    /// `{"inputs": …}`: each input as a whole.
    var columns: ReplyDocument {
        let properties = signature.inputs.map { ($0.name, OpenAPISchema.nested($0)) }
        var schemas = [OpenAPISchema.object(properties)]
        if properties.count == 1 { schemas.append(properties[0].1) }
        return OpenAPISchema.object(
            [("inputs", OpenAPISchema.any(of: schemas)), signatureMember],
            optional: ["signature_name"])
    }

    /// A list with a value of the only output, or an object of all, for each row.
    var predictionRows: ReplyDocument {
        let properties = signature.outputs.map {
            ($0.name, OpenAPISchema.nested($0, dropping: 1, isAnswer: true))
        }
        return OpenAPISchema.list(
            of: properties.count == 1 ? properties[0].1 : OpenAPISchema.object(properties))
    }

    /// Each output as a whole.
    var predictionColumns: ReplyDocument {
        let properties = signature.outputs.map {
            ($0.name, OpenAPISchema.nested($0, isAnswer: true))
        }
        return properties.count == 1 ? properties[0].1 : OpenAPISchema.object(properties)
    }

    // MARK: Data frames

    /// `{"dataframe_split": …}` and `{"dataframe_records": …}`.
    var dataFrames: [ReplyDocument] {
        // A cell may be anything that JSON has; the model says whether it fits.
        let anything = ReplyDocument.object([])
        let name = OpenAPISchema.any(of: [
            OpenAPISchema.type("string"), OpenAPISchema.type("integer"),
        ])
        let split = OpenAPISchema.object(
            [
                ("columns", OpenAPISchema.list(of: name)),
                ("index", OpenAPISchema.list(of: anything)),
                ("data", OpenAPISchema.list(of: OpenAPISchema.list(of: anything), atLeast: 1)),
            ], optional: ["columns", "index"])
        let records = OpenAPISchema.list(of: OpenAPISchema.type("object"), atLeast: 1)
        return [
            OpenAPISchema.object([("dataframe_split", split)]),
            OpenAPISchema.object([("dataframe_records", records)]),
        ]
    }

    // MARK: Open Inference Protocol

    /// The body of an `infer` request.
    var inferRequest: ReplyDocument {
        let tensors = signature.inputs.map { tensor($0, isAnswer: false) }
        let parameters = OpenAPISchema.type("object")
        let output = OpenAPISchema.object([
            (
                "name",
                .object([("enum", .list(signature.outputs.map { .text($0.name) }))])
            )
        ])
        return OpenAPISchema.object(
            [
                ("id", OpenAPISchema.type("string")), ("parameters", parameters),
                (
                    "inputs",
                    OpenAPISchema.list(of: OpenAPISchema.any(of: tensors), count: tensors.count)
                ),
                ("outputs", OpenAPISchema.list(of: output)),
            ], optional: ["id", "parameters", "outputs"])
    }

    /// An example of it.
    var inferExample: ReplyDocument? {
        var inputs: [ReplyDocument] = []
        for input in signature.inputs {
            guard let data = OpenAPISchema.flatExample(input) else { return nil }
            inputs.append(
                .object([
                    ("name", .text(input.name)),
                    ("datatype", .text(input.elementType.openInferenceName)),
                    ("shape", .list(OpenAPISchema.exampleShape(input).map { .integer($0) })),
                    ("data", data),
                ]))
        }
        return .object([("inputs", .list(inputs))])
    }

    /// The body of an `infer` answer.
    var inferReply: ReplyDocument {
        let tensors = signature.outputs.map { tensor($0, isAnswer: true) }
        return OpenAPISchema.object(
            [
                ("id", OpenAPISchema.type("string")),
                ("model_name", OpenAPISchema.type("string")),
                ("model_version", OpenAPISchema.type("string")),
                ("outputs", OpenAPISchema.list(of: OpenAPISchema.any(of: tensors))),
            ], optional: ["id"])
    }

    /// The body of a model's metadata.
    var metadata: ReplyDocument {
        let text = OpenAPISchema.type("string")
        let tensor = OpenAPISchema.object([
            ("name", text), ("datatype", text),
            ("shape", OpenAPISchema.list(of: OpenAPISchema.type("integer"))),
        ])
        return OpenAPISchema.object([
            ("name", text), ("versions", OpenAPISchema.list(of: text)), ("platform", text),
            ("inputs", OpenAPISchema.list(of: tensor)), ("outputs", OpenAPISchema.list(of: tensor)),
        ])
    }

    private func tensor(_ tensor: TensorSpecification, isAnswer: Bool) -> ReplyDocument {
        let extent = ReplyDocument.object([("type", .text("integer")), ("minimum", .integer(0))])
        return OpenAPISchema.object(
            [
                ("name", OpenAPISchema.constant(tensor.name)),
                ("datatype", OpenAPISchema.constant(tensor.elementType.openInferenceName)),
                ("shape", OpenAPISchema.list(of: extent, count: tensor.dimensions?.count)),
                (
                    "data",
                    OpenAPISchema.list(
                        of: OpenAPISchema.element(
                            tensor.elementType, allowsBase64: false, isAnswer: isAnswer))
                ),
            ])
    }
}
