/// Reads the fields of one protobuf message in order, and never beyond its bytes.
///
/// Only as much of the wire format as a look into a model's file takes: varints, fixed widths and
/// length-delimited fields; the deprecated groups count as damage. The bytes belong to the caller
/// and must outlive the value.
public struct ProtobufFields {
    /// What a field holds.
    public enum Value {
        /// A number in its raw bits.
        case varint(UInt64)
        /// Text, bytes, a message or packed numbers; borrowed from the bytes that are read.
        case bytes(UnsafeRawBufferPointer)
        /// Four or eight bytes; no field that is looked at has them.
        case fixed

        /// The content of a length-delimited field; empty for the others.
        public var content: UnsafeRawBufferPointer {
            if case .bytes(let bytes) = self { bytes } else { .init(start: nil, count: 0) }
        }

        /// The content as text, with damaged UTF-8 replaced.
        public var text: String { String(decoding: content, as: UTF8.self) }

        /// A varint as a signed number; 0 for the others.
        public var number: Int64 {
            if case .varint(let bits) = self { Int64(bitPattern: bits) } else { 0 }
        }
    }

    private let bytes: UnsafeRawBufferPointer
    private var offset = 0

    /// Starts at the first field.
    public init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    /// The next field; nil at the end.
    ///
    /// - Throws: `ProtobufDamage` when the bytes are no protobuf message or are cut short.
    public mutating func next() throws(ProtobufDamage) -> (number: Int, value: Value)? {
        guard offset < bytes.count else { return nil }
        let key = try varint()
        guard let number = Int(exactly: key >> 3), number > 0, number < 1 << 29 else {
            throw ProtobufDamage.notProtobuf
        }
        switch key & 7 {
        case 0: return (number, .varint(try varint()))
        case 1: try skip(8)
        case 2:
            guard let count = Int(exactly: try varint()) else { throw .notProtobuf }
            let start = offset
            try skip(count)
            return (number, .bytes(UnsafeRawBufferPointer(rebasing: bytes[start..<offset])))
        case 5: try skip(4)
        default: throw ProtobufDamage.notProtobuf
        }
        return (number, .fixed)
    }

    private mutating func skip(_ count: Int) throws(ProtobufDamage) {
        guard count <= bytes.count - offset else {
            throw .cutShort(missing: count - (bytes.count - offset))
        }
        offset += count
    }

    private mutating func varint() throws(ProtobufDamage) -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: 0, to: 70, by: 7) {
            guard offset < bytes.count else { throw .cutShort(missing: 1) }
            let byte = bytes[offset]
            offset += 1
            value |= UInt64(byte & 0x7F) << UInt64(min(shift, 63))
            if byte < 0x80 { return value }
        }
        throw .notProtobuf
    }
}

/// Why bytes could not be read as a protobuf message.
public enum ProtobufDamage: Error, Equatable {
    /// A field reaches beyond the end by so many bytes.
    case cutShort(missing: Int)
    /// A field number, type or length that no protobuf message has.
    case notProtobuf
}
