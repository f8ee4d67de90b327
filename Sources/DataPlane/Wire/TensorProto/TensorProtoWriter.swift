public import NIOCore
import ServingCore
public import Tensors

/// A `tensorflow.TensorProto` about to be written: the lengths are known before, so that the elements
/// of a large tensor are written once and never moved.
///
/// Writes what TensorFlow's `Tensor::AsProtoField` or `AsProtoTensorContent` does.
public struct TensorProtoWriter {
    /// How the elements are written.
    public enum Form: Sendable {
        /// In the field of their type: `float_val`, `string_val` and so on.
        case typedValues
        /// In `tensor_content`.
        case content
    }

    let tensor: Tensor
    let form: Form
    private let shapeBytes: Int
    /// Bytes of the elements, without the key and length before them; for `string_val`, with them.
    private let elementBytes: Int

    /// Looks at a tensor and computes the lengths.
    public init(_ tensor: Tensor, as form: Form) {
        self.tensor = tensor
        self.form = form
        shapeBytes = tensor.shape.dimensions.reduce(0) { $0 + 2 + Self.dimensionBytes($1) }
        elementBytes =
            switch form {
            case .typedValues: TypedValues.byteCount(of: tensor)
            case .content: ContentValues.byteCount(of: tensor)
            }
    }

    /// Bytes of the message.
    public var byteCount: Int {
        let head = 2 + 1 + ByteBuffer.protobufVarintWidth(UInt64(shapeBytes)) + shapeBytes
        if elementBytes == 0 { return head }
        if !hasLength { return head + elementBytes }
        return head + elementKeyBytes
            + ByteBuffer.protobufVarintWidth(UInt64(elementBytes)) + elementBytes
    }

    /// Appends the message: `byteCount` bytes.
    public func write(to buffer: inout ByteBuffer) {
        buffer.writeProtobuf(1, varint: UInt64(TensorFlowDataType(tensor.elementType).number))
        buffer.writeProtobufKey(2, .lengthDelimited)
        buffer.writeProtobufVarint(UInt64(shapeBytes))
        for dimension in tensor.shape.dimensions {
            buffer.writeProtobufKey(2, .lengthDelimited)
            buffer.writeProtobufVarint(UInt64(Self.dimensionBytes(dimension)))
            buffer.writeProtobufIfSet(1, signed: Int64(dimension))
        }
        guard elementBytes > 0 else { return }
        if hasLength {
            buffer.writeProtobufKey(elementField, .lengthDelimited)
            buffer.writeProtobufVarint(UInt64(elementBytes))
        }
        switch form {
        case .typedValues: TypedValues.write(tensor, byteCount: elementBytes, to: &buffer)
        case .content: ContentValues.write(tensor, to: &buffer)
        }
    }

    /// Whether all elements stand behind one key; strings of `string_val` have one each.
    private var hasLength: Bool { form == .content || tensor.elementType != .bytes }

    private var elementField: Int {
        form == .content ? 4 : TypedField(for: tensor.elementType).number
    }

    private var elementKeyBytes: Int {
        ByteBuffer.protobufVarintWidth(UInt64(elementField) << 3)
    }

    private static func dimensionBytes(_ size: Int) -> Int {
        size == 0 ? 0 : 1 + ByteBuffer.protobufVarintWidth(UInt64(size))
    }
}
