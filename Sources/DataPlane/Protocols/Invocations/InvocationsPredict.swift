import Inference
import Listener
import NIOCore
import NIOHTTP1
import ServingCore
import Tensors
import Wire

/// `/invocations`, in whichever of its formats the request is written.
enum InvocationsPredict: ContextualPredictProtocol {
    /// What the answer must know of the request.
    struct ReplyForm: Sendable {
        /// How the tensors are laid out.
        enum Layout: Sendable {
            /// A row of each output for each row of the request.
            case rows
            /// Each output as a whole.
            case columns
            /// The Open Inference Protocol's own answer; the media type is SageMaker's or not.
            case openInference(OpenInferencePredict.ReplyForm, isSageMaker: Bool)
        }

        /// How the tensors are laid out.
        var layout: Layout
        /// How they are written.
        var format: InvocationsFormat
    }

    static let wire = WireProtocol.invocations
    /// SageMaker's media type of binary tensor data; the parameter is the length of the JSON.
    static let binaryType = "application/vnd.sagemaker-triton.binary+json;json-header-size="

    static func decode(
        _ request: HTTPRequest, _ metadata: ModelMetadata, in context: OpenInferenceExtensions
    ) throws(ServingError) -> (InferenceRequest, ReplyForm) {
        let (format, type) = try InvocationsFormat.ofBody(
            request.headers.first(name: "content-type"))
        if format == .openInferenceBinary {
            return try decodeBinary(request, type, metadata, context)
        }
        let body = request.body
        if format == .json, try InvocationsDocument.isOpenInference(body) {
            let (inference, form) = try OpenInferencePredict.decode(
                request, metadata, in: context)
            return (
                inference,
                ReplyForm(layout: .openInference(form, isSageMaker: false), format: .json)
            )
        }
        let reply = try InvocationsFormat.ofReply(request.headers["accept"], fallback: .json)
        switch format {
        case .csv:
            let inputs = try csv(body, type, metadata.defaultSignature)
            return (InferenceRequest(inputs: inputs), ReplyForm(layout: .rows, format: reply))
        case .numpy:
            let input = try array(body, metadata)
            return (InferenceRequest(inputs: [input]), ReplyForm(layout: .rows, format: reply))
        case .jsonLines:
            let inputs = try JSONLines.read(body, metadata.defaultSignature)
            return (InferenceRequest(inputs: inputs), ReplyForm(layout: .rows, format: reply))
        case .json, .openInferenceBinary:
            let (inference, layout) = try InvocationsDocument.read(body, metadata)
            return (inference, ReplyForm(layout: layout, format: reply))
        }
    }

    /// JSON of the Open Inference Protocol with tensors behind it. The length of the JSON is in the
    /// media type, as SageMaker passes no header of a client on, or in the protocol's own header.
    private static func decodeBinary(
        _ request: HTTPRequest, _ type: MediaType?, _ metadata: ModelMetadata,
        _ context: OpenInferenceExtensions
    ) throws(ServingError) -> (InferenceRequest, ReplyForm) {
        var request = request
        let isSageMaker = type?.essence != "application/octet-stream"
        if let size = type?.parameter("json-header-size") {
            request.headers.replaceOrAdd(name: OpenInferencePredict.lengthHeader, value: size)
        }
        let (inference, form) = try OpenInferencePredict.decode(
            request, metadata, in: context)
        let layout = ReplyForm.Layout.openInference(form, isSageMaker: isSageMaker)
        return (inference, ReplyForm(layout: layout, format: .openInferenceBinary))
    }

    private static func csv(_ body: ByteBuffer, _ type: MediaType?, _ signature: ModelSignature)
        throws(ServingError) -> [NamedTensor]
    {
        let hasHeader: Bool?
        switch type?.parameter("header") {
        case nil: hasHeader = nil
        case "present": hasHeader = true
        case "absent": hasHeader = false
        case let value?:
            throw ServingError(
                .unsupportedMediaType,
                "'header=\(value.clipped())' of text/csv is neither 'present' nor 'absent'")
        }
        let table = try CSVTable(Array(body.readableBytesView))
        return try CSVInput(table, hasHeaderRow: hasHeader, readsEmptyAsNaN: true).read(signature)
    }

    private static func array(_ body: ByteBuffer, _ metadata: ModelMetadata) throws(ServingError)
        -> NamedTensor
    {
        let inputs = metadata.defaultSignature.inputs
        guard let only = inputs.first, inputs.count == 1 else {
            throw ServingError(
                .invalidTensor,
                "a NumPy array is for models with one input; '\(metadata.identity.name)' has "
                    + "\(inputs.count): send JSON")
        }
        let array = try NumPyArray(Array(body.readableBytesView))
        return NamedTensor(only.name, try array.tensor(for: only))
    }

    static func encode(
        _ response: InferenceResponse, as form: ReplyForm, in context: OpenInferenceExtensions
    ) throws(ServingError) -> HTTPResponse {
        let outputs = response.outputs
        let body: ByteBuffer
        switch (form.layout, form.format) {
        case (.openInference(let form, let isSageMaker), _):
            return try encodeOpenInference(
                response, form, isSageMaker: isSageMaker, context)
        case (_, .csv): body = try InvocationsTextWriter.csv(outputs)
        case (_, .jsonLines): body = try InvocationsTextWriter.jsonLines(outputs)
        case (_, .numpy): body = try array(outputs)
        case (.columns, _): body = try InvocationsResponseWriter.columns(outputs)
        case (.rows, _): body = try InvocationsResponseWriter.rows(outputs)
        }
        return HTTPResponse(.ok, contentType: form.format.mediaTypes[0], body: body)
    }

    private static func encodeOpenInference(
        _ response: InferenceResponse, _ form: OpenInferencePredict.ReplyForm, isSageMaker: Bool,
        _ context: OpenInferenceExtensions
    ) throws(ServingError) -> HTTPResponse {
        var response = try OpenInferencePredict.encode(response, as: form, in: context)
        if isSageMaker, let size = response.headers.first(name: OpenInferencePredict.lengthHeader) {
            response.headers.replaceOrAdd(name: "content-type", value: binaryType + size)
        }
        return response
    }

    private static func array(_ outputs: [NamedTensor]) throws(ServingError) -> ByteBuffer {
        guard let only = outputs.first, outputs.count == 1 else {
            throw ServingError(
                .invalidRequest,
                "a NumPy answer is for models with one output, and this one has \(outputs.count) ("
                    + outputs.map(\.name).joined(separator: ", ") + "): accept JSON")
        }
        var body = ByteBuffer()
        try NumPyWriter.append(only.tensor, to: &body)
        return body
    }

    static func refusal(_ error: ServingError, in context: OpenInferenceExtensions) -> HTTPResponse
    {
        InvocationsReply.refusal(error)
    }

    static func refusalWords(_ error: ServingError, for model: ModelReference) -> ServingError {
        error
    }
}
