import NIOCore
import ServingCore
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
        valuesByteCount = Self.valuesByteCount(tensor)
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
        if tensor.elementType == .bytes {
            return BytesElements.forEach(in: tensor) { buffer.writeProtobuf(8, bytes: $0) }
        }
        buffer.writeProtobufKey(field, .lengthDelimited)
        buffer.writeProtobufVarint(UInt64(valuesByteCount))
        switch tensor.elementType {
        case .bool, .float32, .float64:
            tensor.storage.withUnsafeBytes { _ = buffer.writeBytes($0) }
        default: writeIntegers(to: &buffer)
        }
    }

    private func writeIntegers(to buffer: inout ByteBuffer) {
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: valuesByteCount) { bytes in
            var offset = 0
            Self.forEachVarint(tensor) { value in
                var rest = value
                while rest >= 0x80 {
                    bytes[offset] = UInt8(truncatingIfNeeded: rest) | 0x80
                    rest >>= 7
                    offset += 1
                }
                bytes[offset] = UInt8(rest)
                offset += 1
            }
            return offset
        }
    }

    private static func valuesByteCount(_ tensor: Tensor) -> Int {
        switch tensor.elementType {
        case .bool, .float32, .float64: return tensor.storage.count
        case .bytes:
            var count = 0
            BytesElements.forEach(in: tensor) {
                count += ProtobufField.byteCount(payload: $0.count)
            }
            return count
        default:
            var count = 0
            forEachVarint(tensor) { count += ByteBuffer.protobufVarintWidth($0) }
            return count
        }
    }

    /// Calls `body` with each integer as protobuf writes it: signed ones extended to 64 bits.
    @inline(__always)
    private static func forEachVarint(_ tensor: Tensor, _ body: (UInt64) -> Void) {
        switch tensor.elementType {
        case .int8: forEach(tensor, Int8.self) { body(UInt64(bitPattern: Int64($0))) }
        case .int16: forEach(tensor, Int16.self) { body(UInt64(bitPattern: Int64($0))) }
        case .int32: forEach(tensor, Int32.self) { body(UInt64(bitPattern: Int64($0))) }
        case .int64: forEach(tensor, Int64.self) { body(UInt64(bitPattern: $0)) }
        case .uint8: forEach(tensor, UInt8.self) { body(UInt64($0)) }
        case .uint16: forEach(tensor, UInt16.self) { body(UInt64($0)) }
        case .uint32: forEach(tensor, UInt32.self) { body(UInt64($0)) }
        case .uint64: forEach(tensor, UInt64.self) { body($0) }
        case .bool, .float16, .bfloat16, .float32, .float64, .bytes: break
        }
    }

    @inline(__always)
    private static func forEach<Element: BitwiseCopyable>(
        _ tensor: Tensor, _ type: Element.Type, _ body: (Element) -> Void
    ) {
        tensor.withElements(as: type) { elements in
            for element in elements { body(element) }
        }
    }
}
