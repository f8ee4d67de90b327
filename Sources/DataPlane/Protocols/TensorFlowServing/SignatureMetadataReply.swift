import Inference
import Listener
import NIOCore
import NIOHTTP1
import ServingCore
import Wire

/// The metadata route: `GET /v1/models/NAME[/versions/N|/labels/L]/metadata`.
enum SignatureMetadataReply {
    /// The signatures of a version, put together from two printed messages as TensorFlow Serving does
    /// (`http_rest_api_util.cc`), odd line breaks included.
    ///
    /// A model that did not come from TensorFlow has no graph, so the `name` of an input or output is
    /// its own name instead of a graph tensor's (`x:0`).
    static func make(_ metadata: ModelMetadata) -> HTTPResponse {
        let modelSpecification = ReplyDocument.object([
            ("name", .text(metadata.identity.name.text)),
            ("signature_name", .text("")),
            ("version", .text(metadata.identity.version.description)),
        ])
        let signatures = metadata.signatures.map { (key: $0.name, value: document(of: $0, metadata)) }
        let map = ReplyDocument.object([("signature_def", .object(signatures))])
        var body = ByteBuffer(string: "{\n\"model_spec\":")
        modelSpecification.write(to: &body, .indented(1), depth: 0)
        body.writeString("\n,\n\"metadata\": {\"signature_def\": ")
        map.write(to: &body, .indented(1), depth: 0)
        body.writeString("\n}\n}\n")
        return HTTPResponse(.ok, contentType: TensorFlowServingReply.contentType, body: body)
    }

    private static func document(of signature: ModelSignature, _ metadata: ModelMetadata)
        -> ReplyDocument
    {
        .object([
            ("inputs", .object(signature.inputs.map { ($0.name, document(of: $0)) })),
            ("outputs", .object(signature.outputs.map { ($0.name, document(of: $0)) })),
            ("method_name", .text(metadata.methodName(of: signature))),
        ])
    }

    private static func document(of specification: TensorSpecification) -> ReplyDocument {
        let dimensions = (specification.dimensions ?? []).map { dimension in
            var name = ""
            if case .dynamic(let known?) = dimension { name = known }
            return ReplyDocument.object([
                ("size", .text(String(dimension.wireValue))), ("name", .text(name)),
            ])
        }
        return .object([
            ("dtype", .text(dataType(of: specification))),
            (
                "tensor_shape",
                .object([
                    ("dim", .list(dimensions)),
                    ("unknown_rank", .flag(specification.dimensions == nil)),
                ])
            ),
            ("name", .text(specification.name)),
        ])
    }

    private static func dataType(of specification: TensorSpecification) -> String {
        let number = TensorFlowDataType(specification.elementType).number
        return TensorFlowDataType.name(of: number) ?? String(number)
    }
}

extension ModelMetadata {
    /// What a signature is made for, as TensorFlow names it: what the model's file says of it
    /// (property `method.SIGNATURE`), else prediction; signatures for that may classify or regress
    /// besides.
    func methodName(of signature: ModelSignature) -> String {
        properties.first { $0.key == "method.\(signature.name)" }?.value
            ?? "tensorflow/serving/predict"
    }
}
