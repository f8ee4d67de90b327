import Inference
import Listener
import NIOCore
import NIOHTTP1
import ServingCore
import Tensors

/// The protocol's `infer`: JSON, with tensors as JSON or as bytes behind it.
enum OpenInferencePredict: PredictProtocol {
    /// What the answer must know of the request.
    struct ReplyForm: Sendable {
        /// The request's id, which the answer repeats.
        var id: String?
        /// Whether outputs are bytes unless they say otherwise.
        var binaryByDefault = false
        /// For each output that was asked for by name, in that order, what it says of itself.
        var binary: [Bool?] = []

        /// Whether the output at this position is written as bytes.
        func isBinary(_ index: Int) -> Bool {
            (index < binary.count ? binary[index] : nil) ?? binaryByDefault
        }
    }

    static let wire = WireProtocol.openInferenceREST

    /// The header that says how many bytes of a body are JSON; the rest is binary tensor data.
    static let lengthHeader = "inference-header-content-length"

    static func decode(_ request: HTTPRequest, _ metadata: ModelMetadata) throws(ServingError)
        -> (InferenceRequest, ReplyForm)
    {
        let header = request.headers.first(name: lengthHeader)
        let length = try jsonLength(header, bodyLength: request.body.readableBytes)
        if length == 0, header != nil {
            return try OpenInferenceRawRequest.read(request.body, metadata)
        }
        let document = try OpenInferenceRequestReader.read(
            request.body, jsonLength: length, metadata)
        var inference = document.request
        if let timeout = document.timeoutMicroseconds {
            let (nanoseconds, overflow) = timeout.multipliedReportingOverflow(by: 1000)
            inference.deadline = request.received.advanced(
                byNanoseconds: overflow ? .max : nanoseconds)
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

    static func encode(_ response: InferenceResponse, as form: ReplyForm) throws(ServingError)
        -> HTTPResponse
    {
        let (body, binaryOffset) = try OpenInferenceResponseWriter.write(response, as: form)
        guard let binaryOffset else {
            return HTTPResponse(.ok, contentType: OpenInferenceReply.contentType, body: body)
        }
        return HTTPResponse(
            .ok, contentType: "application/octet-stream",
            headers: [lengthHeader: String(binaryOffset)], body: body)
    }

    static func refusal(_ error: ServingError) -> HTTPResponse {
        OpenInferenceReply.refusal(error)
    }

    static func refusalWords(_ error: ServingError, for model: ModelReference) -> ServingError {
        error
    }
}
