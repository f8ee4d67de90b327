public import NIOCore
import ServingCore
public import Tensors

/// Writes the elements of a tensor into the typed field of their type, which is packed; strings are
/// field 8 of `TensorProto` and of the Open Inference Protocol's `InferTensorContents` alike.
public enum TypedValues {
    /// Bytes that `write` appends.
    public static func byteCount(of tensor: Tensor) -> Int {
        switch tensor.elementType {
        case .float32, .float64, .bool: return tensor.storage.count
        case .bytes:
            var bytes = 0
            BytesElements.forEach(in: tensor) { element in
                bytes += 1 + ByteBuffer.protobufVarintWidth(UInt64(element.count)) + element.count
            }
            return bytes
        default:
            var bytes = 0
            forEachVarint(of: tensor) { bytes &+= ByteBuffer.protobufVarintWidth($0) }
            return bytes
        }
    }

    /// Appends the values: packed and without key and length, but strings each with theirs.
    ///
    /// - Parameter byteCount: What `byteCount(of:)` said.
    public static func write(_ tensor: Tensor, byteCount: Int, to buffer: inout ByteBuffer) {
        switch tensor.elementType {
        case .float32, .float64, .bool:
            tensor.storage.withUnsafeBytes { bytes in _ = buffer.writeBytes(bytes) }
        case .bytes:
            let field = TypedField(for: .bytes).number
            BytesElements.forEach(in: tensor) { buffer.writeProtobuf(field, bytes: $0) }
        default:
            buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: byteCount) { target in
                var offset = 0
                forEachVarint(of: tensor) { value in
                    var rest = value
                    while rest >= 0x80 {
                        target[offset] = UInt8(truncatingIfNeeded: rest) | 0x80
                        offset &+= 1
                        rest >>= 7
                    }
                    target[offset] = UInt8(truncatingIfNeeded: rest)
                    offset &+= 1
                }
                return offset
            }
        }
    }

    /// Calls `body` with each number as protobuf writes it: negative ones extended to 64 bits.
    @inline(__always)
    private static func forEachVarint(of tensor: Tensor, _ body: (UInt64) -> Void) {
        switch tensor.elementType {
        case .int8: each(tensor, Int8.self, body)
        case .int16: each(tensor, Int16.self, body)
        case .int32: each(tensor, Int32.self, body)
        case .int64: each(tensor, Int64.self, body)
        case .uint8: each(tensor, UInt8.self, body)
        case .uint16, .float16, .bfloat16: each(tensor, UInt16.self, body)
        case .uint32: each(tensor, UInt32.self, body)
        case .uint64: each(tensor, UInt64.self, body)
        case .float32, .float64, .bool, .bytes: break
        }
    }

    @inline(__always)
    private static func each<Element: FixedWidthInteger & BitwiseCopyable>(
        _ tensor: Tensor, _ type: Element.Type, _ body: (UInt64) -> Void
    ) {
        tensor.storage.withUnsafeBytes { bytes in
            for offset in stride(from: 0, to: bytes.count, by: MemoryLayout<Element>.size) {
                let element = Element(
                    littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Element.self))
                body(UInt64(truncatingIfNeeded: element))
            }
        }
    }
}

/// Writes the elements of a tensor as `tensor_content`.
enum ContentValues {
    /// Bytes that `write` appends.
    static func byteCount(of tensor: Tensor) -> Int {
        guard tensor.elementType == .bytes else { return tensor.storage.count }
        var bytes = 0
        BytesElements.forEach(in: tensor) { element in
            bytes += ByteBuffer.protobufVarintWidth(UInt64(element.count)) + element.count
        }
        return bytes
    }

    /// Appends numbers as they are; of strings the lengths first, then the bytes.
    static func write(_ tensor: Tensor, to buffer: inout ByteBuffer) {
        guard tensor.elementType == .bytes else {
            tensor.storage.withUnsafeBytes { bytes in _ = buffer.writeBytes(bytes) }
            return
        }
        BytesElements.forEach(in: tensor) { buffer.writeProtobufVarint(UInt64($0.count)) }
        BytesElements.forEach(in: tensor) { element in _ = buffer.writeBytes(element) }
    }
}
