public import NIOCore

/// Writing protobuf fields. Lengths are written in the shortest form, as the official libraries do.
///
/// The calls write what they are given; leaving out default values, as proto3 does, is the caller's
/// decision, or that of the `…IfSet` forms.
extension ByteBuffer {
    /// Appends a base-128 varint.
    @inlinable
    public mutating func writeProtobufVarint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            writeInteger(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        writeInteger(UInt8(rest))
    }

    /// Appends a field's key.
    @inlinable
    public mutating func writeProtobufKey(_ field: Int, _ type: ProtobufReader.WireType) {
        writeProtobufVarint(UInt64(field) << 3 | UInt64(type.rawValue))
    }

    /// Appends an unsigned integer, boolean or enumeration field.
    @inlinable
    public mutating func writeProtobuf(_ field: Int, varint value: UInt64) {
        writeProtobufKey(field, .varint)
        writeProtobufVarint(value)
    }

    /// Appends an `int32` or `int64` field; negative numbers take ten bytes.
    @inlinable
    public mutating func writeProtobuf(_ field: Int, signed value: Int64) {
        writeProtobuf(field, varint: UInt64(bitPattern: value))
    }

    /// Appends a `bool` field.
    @inlinable
    public mutating func writeProtobuf(_ field: Int, boolean value: Bool) {
        writeProtobuf(field, varint: value ? 1 : 0)
    }

    /// Appends a `float` field.
    @inlinable
    public mutating func writeProtobuf(_ field: Int, float value: Float) {
        writeProtobufKey(field, .fixed32)
        writeInteger(value.bitPattern, endianness: .little)
    }

    /// Appends a `double` field.
    @inlinable
    public mutating func writeProtobuf(_ field: Int, double value: Double) {
        writeProtobufKey(field, .fixed64)
        writeInteger(value.bitPattern, endianness: .little)
    }

    /// Appends a `string` field.
    @inlinable
    public mutating func writeProtobuf(_ field: Int, string value: String) {
        writeProtobufKey(field, .lengthDelimited)
        writeProtobufVarint(UInt64(value.utf8.count))
        writeString(value)
    }

    /// Appends a `string` field unless the text is empty.
    @inlinable
    public mutating func writeProtobufIfSet(_ field: Int, string value: String) {
        if !value.isEmpty { writeProtobuf(field, string: value) }
    }

    /// Appends an integer field unless it is 0.
    @inlinable
    public mutating func writeProtobufIfSet(_ field: Int, signed value: Int64) {
        if value != 0 { writeProtobuf(field, signed: value) }
    }

    /// Appends an unsigned integer field unless it is 0.
    @inlinable
    public mutating func writeProtobufIfSet(_ field: Int, unsigned value: UInt64) {
        if value != 0 { writeProtobuf(field, varint: value) }
    }

    /// Appends a packed field of signed integers; nothing for an empty list.
    public mutating func writeProtobuf(_ field: Int, packedSigned values: [Int]) {
        guard !values.isEmpty else { return }
        writeProtobuf(field) { packed in
            for value in values { packed.writeProtobufVarint(UInt64(bitPattern: Int64(value))) }
        }
    }

    /// Appends a `bool` field unless it is false.
    @inlinable
    public mutating func writeProtobufIfSet(_ field: Int, boolean value: Bool) {
        if value { writeProtobuf(field, boolean: true) }
    }

    /// Appends a `bytes` field.
    @inlinable
    public mutating func writeProtobuf(_ field: Int, bytes value: UnsafeRawBufferPointer) {
        writeProtobufKey(field, .lengthDelimited)
        writeProtobufVarint(UInt64(value.count))
        writeBytes(value)
    }

    /// Appends a message field whose length is not known before; `body` appends the message.
    ///
    /// A message of 128 bytes and more is moved once to make room for its length: where large
    /// tensors are written, compute the length first and use `writeProtobufKey`.
    @inlinable
    public mutating func writeProtobuf<Failure: Error>(
        _ field: Int, message body: (inout ByteBuffer) throws(Failure) -> Void
    ) throws(Failure) {
        writeProtobufKey(field, .lengthDelimited)
        writeInteger(UInt8(0))
        let start = writerIndex
        try body(&self)
        let count = writerIndex - start
        let width = Self.protobufVarintWidth(UInt64(count))
        if width > 1 {
            writeRepeatingByte(0, count: width - 1)
            let base = start - readerIndex
            withUnsafeMutableReadableBytes { bytes in
                guard let address = bytes.baseAddress else { return }
                (address + base + width - 1).copyMemory(
                    from: address + base, byteCount: count)
            }
        }
        var rest = UInt64(count)
        for index in 0..<width {
            let byte = UInt8(truncatingIfNeeded: rest) & 0x7F | (index + 1 < width ? 0x80 : 0)
            setInteger(byte, at: start - 1 + index)
            rest >>= 7
        }
    }

    /// Bytes that a varint takes: 1 to 10.
    @inlinable
    public static func protobufVarintWidth(_ value: UInt64) -> Int {
        (70 - (value | 1).leadingZeroBitCount) / 7
    }
}
