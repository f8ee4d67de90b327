import Inference
import NIOCore
import ServingCore
import Tensors
import Wire

/// Writes the answer to an `infer` request.
enum OpenInferenceResponseWriter {
    private static let options = JSONWriter.Options(
        style: .compact, floatFormat: .shortest, nonFinite: .token, invalidUTF8: .refuse)

    /// Writes JSON and, behind it, the bytes of the binary outputs in the order of the outputs.
    ///
    /// The offset is where the bytes begin; nil when there are none, and then all of it is JSON.
    /// Numbers that are not finite are written `NaN`, `Infinity` and `-Infinity`, as Triton does.
    ///
    /// - Throws: `invalid_request` for an output that has no JSON form.
    static func write(_ response: InferenceResponse, as form: OpenInferencePredict.ReplyForm)
        throws(ServingError) -> (body: ByteBuffer, binaryOffset: Int?)
    {
        let expected = response.outputs.reduce(256) { total, output in
            total + min(output.tensor.storage.count, 1 << 26) * 2
        }
        let buffer = ByteBufferAllocator().buffer(capacity: expected)
        var writer = JSONWriter(into: buffer, options: options)
        writer.beginObject()
        if let id = form.id, !id.isEmpty {
            writer.key("id")
            writer.string(id)
        }
        writer.key("model_name")
        writer.string(response.identity.name.text)
        writer.key("model_version")
        writer.string(response.identity.version.description)
        writer.key("outputs")
        writer.beginArray()
        for (index, output) in response.outputs.enumerated() {
            if let place = form.sharedMemory(index) {
                writePlace(of: output, place, &writer)
            } else {
                try write(output, isBinary: form.isBinary(index), &writer)
            }
        }
        writer.endArray()
        writer.endObject()
        var body = writer.finish()
        let jsonLength = body.readableBytes
        for (index, output) in response.outputs.enumerated()
        where form.isBinary(index) && form.sharedMemory(index) == nil {
            BinaryTensors.append(output.tensor, to: &body)
        }
        return (body, body.readableBytes > jsonLength ? jsonLength : nil)
    }

    /// Refuses the types that the protocol cannot write as JSON.
    ///
    /// - Throws: `invalid_request`, in Triton's words.
    static func requireJSONForm(_ type: ElementType) throws(ServingError) {
        guard type != .float16, type != .bfloat16 else {
            throw ServingError(
                .invalidRequest,
                "sending \(type) data via JSON is not supported. Please use the binary data "
                    + "format for output")
        }
    }

    private static func write(_ output: NamedTensor, isBinary: Bool, _ writer: inout JSONWriter)
        throws(ServingError)
    {
        let tensor = output.tensor
        beginOutput(output, &writer)
        if isBinary {
            writer.key("parameters")
            writer.beginObject()
            writer.key("binary_data_size")
            writer.integer(tensor.storage.count)
            writer.endObject()
        } else {
            try requireJSONForm(tensor.elementType)
            writer.key("data")
            do throws(ServingError) {
                try writer.flatTensor(tensor)
            } catch {
                guard tensor.elementType == .bytes else { throw error }
                throw ServingError(
                    .invalidRequest,
                    "output '\(output.name)' holds bytes that are not UTF-8, which have no JSON form; "
                        + "ask for binary data", cause: error)
            }
        }
        writer.endObject()
    }

    private static func beginOutput(_ output: NamedTensor, _ writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("name")
        writer.string(output.name)
        writer.key("datatype")
        writer.string(output.tensor.elementType.openInferenceName)
        writer.key("shape")
        writer.beginArray()
        for extent in output.tensor.shape.dimensions { writer.integer(extent) }
        writer.endArray()
    }

    /// An output whose bytes are in shared memory: where, and how many.
    private static func writePlace(
        of output: NamedTensor, _ place: SharedMemoryReference, _ writer: inout JSONWriter
    ) {
        beginOutput(output, &writer)
        writer.key("parameters")
        writer.beginObject()
        writer.key("shared_memory_region")
        writer.string(place.region)
        writer.key("shared_memory_offset")
        writer.integer(place.offset)
        writer.key("shared_memory_byte_size")
        writer.integer(output.tensor.storage.count)
        writer.endObject()
        writer.endObject()
    }
}
