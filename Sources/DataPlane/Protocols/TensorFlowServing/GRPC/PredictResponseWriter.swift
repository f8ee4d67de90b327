import Inference
import Listener
import NIOCore
import ServingCore
import Tensors
import Wire

/// Writes `tensorflow.serving.PredictResponse`: outputs 1 (a map), model_spec 2.
enum PredictResponseWriter {
    /// Most bytes of a message: protobuf's lengths are signed 32-bit numbers.
    private static let messageBytesMaximum = Int(Int32.max)

    /// Writes an answer; each tensor's elements are written once.
    ///
    /// - Throws: `unsupported` when the outputs do not fit into one protobuf message.
    static func write(
        _ response: InferenceResponse, signatureName: String, as form: TensorProtoWriter.Form
    ) throws(ServingError) -> GRPCReply {
        let entries = response.outputs.map { Entry($0, form) }
        let outputBytes = entries.reduce(0) { $0 + Entry.keyBytes + $1.lengthBytes + $1.byteCount }
        guard outputBytes < messageBytesMaximum else {
            throw ServingError(
                .unsupported,
                "the outputs have \(outputBytes) bytes, but a protobuf message has less than "
                    + "\(messageBytesMaximum); ask for fewer rows or, with output_filter, for "
                    + "fewer outputs")
        }
        var buffer = GRPCReply.makeBuffer(messageBytes: outputBytes + 512)
        for entry in entries { entry.write(to: &buffer) }
        ModelSpecMessage.write(
            2, name: response.identity.name.text, version: response.identity.version,
            signatureName: signatureName, to: &buffer)
        return GRPCReply(framed: buffer)
    }

    /// One entry of the map: key 1, value 2.
    private struct Entry {
        /// Bytes of a field's key.
        static let keyBytes = 1

        let name: String
        let tensor: TensorProtoWriter
        let tensorBytes: Int
        /// Bytes of the entry, without its own key and length.
        let byteCount: Int

        init(_ output: NamedTensor, _ form: TensorProtoWriter.Form) {
            name = output.name
            tensor = TensorProtoWriter(output.tensor, as: form)
            tensorBytes = tensor.byteCount
            let nameBytes = name.utf8.count
            byteCount =
                2 * Self.keyBytes
                + ByteBuffer.protobufVarintWidth(UInt64(nameBytes)) + nameBytes
                + ByteBuffer.protobufVarintWidth(UInt64(tensorBytes)) + tensorBytes
        }

        var lengthBytes: Int { ByteBuffer.protobufVarintWidth(UInt64(byteCount)) }

        func write(to buffer: inout ByteBuffer) {
            buffer.writeProtobufKey(1, .lengthDelimited)
            buffer.writeProtobufVarint(UInt64(byteCount))
            buffer.writeProtobuf(1, string: name)
            buffer.writeProtobufKey(2, .lengthDelimited)
            buffer.writeProtobufVarint(UInt64(tensorBytes))
            tensor.write(to: &buffer)
        }
    }
}
