import Inference
import Listener
import NIOCore
import NIOHTTP1
import ServingCore
import Tensors

/// The protocol's `infer`: JSON, with tensors as JSON or as bytes behind it.
enum OpenInferencePredict: ContextualPredictProtocol {
    typealias Context = OpenInferenceExtensions

    /// What the answer must know of the request.
    struct ReplyForm: Sendable {
        /// The request's id, which the answer repeats.
        var id: String?
        /// Whether outputs are bytes unless they say otherwise.
        var binaryByDefault = false
        /// For each output that was asked for by name, in that order, what it says of itself.
        var binary: [Bool?] = []
        /// For the same outputs, what is wanted of them; empty when all are plain.
        var forms: [OutputForm] = []
        /// The model, where an output is ranked.
        var ranked: ModelMetadata?

        /// Whether the output at this position is written as bytes.
        func isBinary(_ index: Int) -> Bool {
            (index < binary.count ? binary[index] : nil) ?? binaryByDefault
        }

        /// The region that takes the output at this position; nil when the answer does.
        func sharedMemory(_ index: Int) -> SharedMemoryReference? {
            index < forms.count ? forms[index].sharedMemory : nil
        }
    }

    static let wire = WireProtocol.openInferenceREST

    /// The header that says how many bytes of a body are JSON; the rest is binary tensor data.
    static let lengthHeader = "inference-header-content-length"

    static func decode(
        _ request: HTTPRequest, _ metadata: ModelMetadata, in context: OpenInferenceExtensions
    ) throws(ServingError) -> (InferenceRequest, ReplyForm) {
        let header = request.headers.first(name: lengthHeader)
        let body = request.body
        let length = try jsonLength(header, bodyLength: body.readableBytes)
        let isRaw = length == 0 && header != nil
        return try decode(
            body, jsonLength: isRaw ? nil : length, metadata, received: request.received,
            in: context)
    }

    /// Reads a body whose first `jsonLength` bytes are JSON; nil for a raw request, without any.
    static func decode(
        _ body: ByteBuffer, jsonLength: Int?, _ metadata: ModelMetadata, received: MonotonicTime,
        in context: OpenInferenceExtensions
    ) throws(ServingError) -> (InferenceRequest, ReplyForm) {
        guard let jsonLength else { return try OpenInferenceRawRequest.read(body, metadata) }
        let document = try OpenInferenceRequestReader.read(
            body, jsonLength: jsonLength, metadata, context.sharedMemory)
        var inference = document.request
        if let timeout = document.timeoutMicroseconds {
            let (nanoseconds, overflow) = timeout.multipliedReportingOverflow(by: 1000)
            inference.deadline = received.advanced(byNanoseconds: overflow ? .max : nanoseconds)
        }
        return (inference, document.form)
    }

    /// Reads the header's value; without the header the whole body is JSON.
    ///
    /// - Throws: `invalid_request` for a value that is no number or beyond the body.
    static func jsonLength(_ header: String?, bodyLength: Int) throws(ServingError) -> Int {
        guard let header else { return bodyLength }
        guard let length = Int(header) else {
            throw ServingError(
                .invalidRequest,
                "Unable to parse Inference-Header-Content-Length, got: \(header.clipped())")
        }
        guard (0...bodyLength).contains(length) else {
            throw ServingError(
                .invalidRequest,
                "inference header size should be in range (0, \(bodyLength)), got: \(length)")
        }
        return length
    }

    static func encode(
        _ response: InferenceResponse, as form: ReplyForm, in context: OpenInferenceExtensions
    ) throws(ServingError) -> HTTPResponse {
        let (body, binaryOffset) = try write(response, as: form, in: context)
        guard let binaryOffset else {
            return HTTPResponse(.ok, contentType: OpenInferenceReply.contentType, body: body)
        }
        return HTTPResponse(
            .ok, contentType: "application/octet-stream",
            headers: [lengthHeader: String(binaryOffset)], body: body)
    }

    /// Writes the answer's body; the offset is where JSON ends and bytes begin, nil without bytes.
    static func write(
        _ response: InferenceResponse, as form: ReplyForm, in context: OpenInferenceExtensions
    ) throws(ServingError) -> (body: ByteBuffer, binaryOffset: Int?) {
        var response = response
        if let metadata = form.ranked {
            response = try OutputShaping.shaped(response, form.forms, metadata)
        }
        for (index, output) in response.outputs.enumerated() {
            guard let place = form.sharedMemory(index) else { continue }
            try context.sharedMemory.write(output.tensor, to: place)
        }
        return try OpenInferenceResponseWriter.write(response, as: form)
    }

    static func refusal(_ error: ServingError, in context: OpenInferenceExtensions)
        -> HTTPResponse
    {
        OpenInferenceReply.refusal(error, as: context.compatibility)
    }

    static func refusalWords(_ error: ServingError, for model: ModelReference) -> ServingError {
        error
    }
}

extension OpenInferencePredict {
    /// SageMaker's form of the protocol: the length of the JSON is a parameter of the media type.
    static let sageMakerType = "application/vnd.sagemaker-triton.binary+json"

    /// The length of the JSON in a SageMaker media type; nil for any other type.
    ///
    /// - Throws: `invalid_request` when the parameter is missing, no number or beyond the body.
    static func jsonLength(contentType: String, bodyLength: Int) throws(ServingError) -> Int? {
        let parts = contentType.split(separator: ";").map { part in
            part.drop { $0 == " " }.lowercased()
        }
        guard let type = parts.first, type.split(separator: " ").first ?? "" == sageMakerType
        else { return nil }
        let name = "json-header-size="
        guard let parameter = parts.dropFirst().first(where: { $0.hasPrefix(name) }),
            let length = Int(parameter.dropFirst(name.count).prefix { $0 != " " }),
            (1...max(1, bodyLength)).contains(length)
        else {
            throw ServingError(
                .invalidRequest,
                "the content type \(sageMakerType) needs ';json-header-size=N' with N from 1 to the "
                    + "\(bodyLength) bytes of the body, got '\(contentType.clipped())'")
        }
        return length
    }

    /// The media type of a SageMaker answer whose JSON has that length.
    static func sageMakerType(jsonLength: Int) -> String {
        "\(sageMakerType);json-header-size=\(jsonLength)"
    }
}
