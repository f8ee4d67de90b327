import NIOCore
import Tensors
import Wire

/// Writes a tensor as `InferTensorContents`, the field `contents` (5) of an output.
struct TypedContentsWriter {
    private let tensor: Tensor
    /// Bytes of the packed values; for BYTES those of all its fields.
    private let valuesByteCount: Int

    /// Measures a tensor of a type that has typed contents.
    init(_ tensor: Tensor) {
        self.tensor = tensor
        valuesByteCount = TypedValues.byteCount(of: tensor)
    }

    /// Bytes of the `InferTensorContents`.
    private var messageByteCount: Int {
        if tensor.elementType == .bytes { return valuesByteCount }
        // proto3 leaves an empty repeated field out.
        return valuesByteCount == 0 ? 0 : ProtobufField.byteCount(payload: valuesByteCount)
    }

    /// Bytes that `write` appends.
    var fieldByteCount: Int { ProtobufField.byteCount(payload: messageByteCount) }

    /// Appends the field.
    func write(to buffer: inout ByteBuffer) {
        buffer.writeProtobufKey(5, .lengthDelimited)
        buffer.writeProtobufVarint(UInt64(messageByteCount))
        guard let field = TypedContents.field(of: tensor.elementType), messageByteCount > 0 else {
            return
        }
        if tensor.elementType != .bytes {
            buffer.writeProtobufKey(field, .lengthDelimited)
            buffer.writeProtobufVarint(UInt64(valuesByteCount))
        }
        TypedValues.write(tensor, byteCount: valuesByteCount, to: &buffer)
    }
}
