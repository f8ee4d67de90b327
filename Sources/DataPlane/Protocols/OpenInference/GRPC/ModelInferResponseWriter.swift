import Inference
import Listener
import NIOCore
import ServingCore
import Tensors
import Wire

/// Writes a `ModelInferResponse`, or a `ModelStreamInferResponse` around one.
///
/// All lengths are known before the first byte is written: the buffer is allocated once, and the
/// bytes of an output are copied once, from the tensor to where they are sent from.
struct ModelInferResponseWriter {
    private let response: InferenceResponse
    private let form: ModelInferPredict.ReplyForm

    /// Prepares; outputs in shared memory have been written there.
    init(_ response: InferenceResponse, _ form: ModelInferPredict.ReplyForm) {
        self.response = response
        self.form = form
    }

    /// The message, framed.
    func reply() -> GRPCReply {
        let isTyped =
            form.isTyped
            && response.outputs.allSatisfy { TypedContents.field(of: $0.tensor.elementType) != nil }
        return isTyped ? typedReply() : rawReply()
    }

    private func rawReply() -> GRPCReply {
        var head = self.head()
        var rawBytes = 0
        for (index, output) in response.outputs.enumerated() {
            let place = form.sharedMemory(index)
            head.writeProtobuf(5) { Self.writeHead(of: output, place, to: &$0) }
            if place == nil {
                rawBytes += ProtobufField.byteCount(payload: output.tensor.storage.count)
            }
        }
        var buffer = start(byteCount: head.readableBytes + rawBytes)
        buffer.writeBuffer(&head)
        for (index, output) in response.outputs.enumerated() where form.sharedMemory(index) == nil {
            output.tensor.storage.withUnsafeBytes { buffer.writeProtobuf(6, bytes: $0) }
        }
        return GRPCReply(framed: buffer)
    }

    private func typedReply() -> GRPCReply {
        var head = self.head()
        var outputs: [(head: ByteBuffer, contents: TypedContentsWriter?)] = []
        var total = head.readableBytes
        for (index, output) in response.outputs.enumerated() {
            let place = form.sharedMemory(index)
            var head = ByteBuffer()
            Self.writeHead(of: output, place, to: &head)
            let contents = place == nil ? TypedContentsWriter(output.tensor) : nil
            total += ProtobufField.byteCount(
                payload: head.readableBytes + (contents?.fieldByteCount ?? 0))
            outputs.append((head, contents))
        }
        var buffer = start(byteCount: total)
        buffer.writeBuffer(&head)
        for (head, contents) in outputs {
            buffer.writeProtobufKey(5, .lengthDelimited)
            buffer.writeProtobufVarint(
                UInt64(head.readableBytes + (contents?.fieldByteCount ?? 0)))
            buffer.writeImmutableBuffer(head)
            contents?.write(to: &buffer)
        }
        return GRPCReply(framed: buffer)
    }

    /// A buffer for a `ModelInferResponse` of that length, behind what a stream has around it.
    private func start(byteCount: Int) -> ByteBuffer {
        guard form.isStream else { return GRPCReply.makeBuffer(messageBytes: byteCount) }
        var buffer = GRPCReply.makeBuffer(
            messageBytes: ProtobufField.byteCount(payload: byteCount))
        buffer.writeProtobufKey(2, .lengthDelimited)
        buffer.writeProtobufVarint(UInt64(byteCount))
        return buffer
    }

    /// Fields 1 to 4.
    private func head() -> ByteBuffer {
        var head = ByteBuffer()
        head.writeProtobuf(1, string: response.identity.name.text)
        head.writeProtobuf(2, string: response.identity.version.description)
        head.writeProtobufIfSet(3, string: form.id)
        if form.isStream { Self.writeFinalMark(to: &head) }
        return head
    }

    /// The parameter by which Triton's clients tell the last answer to a request.
    static func writeFinalMark(to buffer: inout ByteBuffer) {
        buffer.writeProtobuf(4) { entry in
            entry.writeProtobuf(1, string: "triton_final_response")
            entry.writeProtobuf(2) { $0.writeProtobuf(1, boolean: true) }
        }
    }

    /// An `InferOutputTensor` without its contents.
    private static func writeHead(
        of output: NamedTensor, _ place: SharedMemoryReference?, to buffer: inout ByteBuffer
    ) {
        buffer.writeProtobuf(1, string: output.name)
        buffer.writeProtobuf(2, string: output.tensor.elementType.openInferenceName)
        buffer.writeProtobuf(3, packedSigned: output.tensor.shape.dimensions)
        guard let place else { return }
        writeParameter("shared_memory_region", to: &buffer) {
            $0.writeProtobuf(3, string: place.region)
        }
        if place.offset > 0 {
            writeParameter("shared_memory_offset", to: &buffer) {
                $0.writeProtobuf(2, signed: Int64(place.offset))
            }
        }
        writeParameter("shared_memory_byte_size", to: &buffer) {
            $0.writeProtobuf(2, signed: Int64(output.tensor.storage.count))
        }
    }

    private static func writeParameter(
        _ name: String, to buffer: inout ByteBuffer, _ value: (inout ByteBuffer) -> Void
    ) {
        buffer.writeProtobuf(4) { entry in
            entry.writeProtobuf(1, string: name)
            entry.writeProtobuf(2, message: value)
        }
    }
}

/// Lengths of fields whose number is below 16, so that their key is one byte.
enum ProtobufField {
    /// Bytes of a length-delimited field: key, length, payload.
    static func byteCount(payload: Int) -> Int {
        1 + ByteBuffer.protobufVarintWidth(UInt64(payload)) + payload
    }
}
