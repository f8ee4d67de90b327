public import NIOCore
public import ServingCore

/// Reads the fields of one protobuf message in order, without copying and never beyond its bytes.
///
/// ```swift
/// while let field = try reader.nextField() {
///     switch field {
///     case 1: name = try reader.string()
///     case 2: try readShape(reader.message())
///     default: try reader.skip()
///     }
/// }
/// ```
///
/// After `nextField` exactly one of the reading calls takes the field's value. The bytes belong to
/// the caller and must outlive the reader and everything that is read from it. Source of the format:
/// protobuf.dev, "Encoding".
public struct ProtobufReader {
    /// How a field's value is written.
    public enum WireType: UInt8, Sendable {
        case varint = 0
        case fixed64 = 1
        case lengthDelimited = 2
        case startGroup = 3
        case endGroup = 4
        case fixed32 = 5
    }

    @usableFromInline let bytes: UnsafeRawBufferPointer
    /// Where the next byte is read; an index of the bytes that the outermost reader was given, so that
    /// ranges of nested messages can be cut out of the network buffer.
    @usableFromInline var offset: Int
    @usableFromInline let end: Int
    @usableFromInline let depth: Int
    /// The wire type of the field that `nextField` found.
    public private(set) var wireType = WireType.varint
    /// The number of the field that `nextField` found.
    public private(set) var field = 0

    /// Starts at the first field of a message.
    public init(_ bytes: UnsafeRawBufferPointer) {
        self.init(bytes: bytes, offset: 0, end: bytes.count, depth: 0)
    }

    private init(bytes: UnsafeRawBufferPointer, offset: Int, end: Int, depth: Int) {
        self.bytes = bytes
        self.offset = offset
        self.end = end
        self.depth = depth
    }

    /// Whether every field has been read.
    public var isAtEnd: Bool { offset == end }

    /// Finds the next field and returns its number; nil at the end of the message.
    ///
    /// - Throws: `invalid_request` when the bytes are no protobuf message or are cut short.
    public mutating func nextField() throws(ServingError) -> Int? {
        guard offset < end else { return nil }
        let key = try readVarint()
        guard let type = WireType(rawValue: UInt8(key & 7)), key >> 3 > 0, key >> 3 < 1 << 29
        else { throw Self.damage("a field key is \(key)") }
        field = Int(key >> 3)
        wireType = type
        guard type != .endGroup else { throw Self.damage("a group ends that has not begun") }
        return field
    }

    /// The field's unsigned integer, boolean or enumeration value.
    ///
    /// - Throws: `invalid_request` for another wire type or damage; so do all calls below.
    public mutating func varint() throws(ServingError) -> UInt64 {
        try expect(.varint)
        return try readVarint()
    }

    /// The field's `int32`, `int64` or enumeration value, with its sign.
    public mutating func signed() throws(ServingError) -> Int64 {
        Int64(bitPattern: try varint())
    }

    /// The field's `bool`.
    public mutating func boolean() throws(ServingError) -> Bool { try varint() != 0 }

    /// The field's four bytes (`float`, `fixed32`), as bits.
    public mutating func fixed32() throws(ServingError) -> UInt32 {
        try expect(.fixed32)
        return UInt32(littleEndian: try take(4).loadUnaligned(as: UInt32.self))
    }

    /// The field's eight bytes (`double`, `fixed64`), as bits.
    public mutating func fixed64() throws(ServingError) -> UInt64 {
        try expect(.fixed64)
        return UInt64(littleEndian: try take(8).loadUnaligned(as: UInt64.self))
    }

    /// The field's bytes, lent.
    public mutating func payload() throws(ServingError) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: bytes[try range()])
    }

    /// Where the field's bytes lie among the bytes that the outermost reader was given.
    public mutating func range() throws(ServingError) -> Range<Int> {
        try expect(.lengthDelimited)
        let start = try takeLengthDelimited()
        return start..<offset
    }

    /// The field's text.
    ///
    /// - Throws: `invalid_request`, also when the bytes are no UTF-8.
    public mutating func string() throws(ServingError) -> String {
        guard let text = String(validating: try payload(), as: UTF8.self) else {
            throw ServingError(
                .invalidRequest, "the protobuf string field \(field) is not valid UTF-8")
        }
        return text
    }

    /// A reader of the field's message.
    ///
    /// - Throws: `invalid_request`, also beyond `Limits.protobufDepthMaximum` nested messages.
    public mutating func message() throws(ServingError) -> ProtobufReader {
        let range = try range()
        guard depth < Limits.protobufDepthMaximum else {
            throw Self.damage("messages are nested more than \(Limits.protobufDepthMaximum) deep")
        }
        return ProtobufReader(
            bytes: bytes, offset: range.lowerBound, end: range.upperBound, depth: depth + 1)
    }

    /// The field's message as an entry of a `map`: its key, and its value by `readValue`.
    ///
    /// - Throws: `invalid_request`, and what `readValue` throws.
    public mutating func mapEntry(
        _ readValue: (inout ProtobufReader) throws(ServingError) -> Void
    ) throws(ServingError) -> String {
        var entry = try message()
        var key = ""
        while let field = try entry.nextField() {
            switch field {
            case 1: key = try entry.string()
            case 2: try readValue(&entry)
            default: try entry.skip()
            }
        }
        return key
    }

    /// A reader of the field's packed values; `unpacked` calls read them one by one until its end.
    public mutating func packed() throws(ServingError) -> ProtobufReader { try message() }

    /// The next packed integer; call only while `isAtEnd` is false.
    public mutating func packedVarint() throws(ServingError) -> UInt64 { try readVarint() }

    /// Passes over the field.
    public mutating func skip() throws(ServingError) {
        switch wireType {
        case .varint: _ = try readVarint()
        case .fixed64: _ = try take(8)
        case .fixed32: _ = try take(4)
        case .lengthDelimited: _ = try takeLengthDelimited()
        case .startGroup: try skipGroup()
        case .endGroup: throw Self.damage("a group ends that has not begun")
        }
    }

    /// Passes over a group of the old format, with the groups in it; without recursion.
    private mutating func skipGroup() throws(ServingError) {
        var open = [field]
        while let expected = open.last {
            let key = try readVarint()
            guard let type = WireType(rawValue: UInt8(key & 7)), key >> 3 > 0, key >> 3 < 1 << 29
            else { throw Self.damage("a field key is \(key)") }
            field = Int(key >> 3)
            wireType = type
            switch type {
            case .startGroup:
                guard open.count < Limits.protobufDepthMaximum else {
                    throw Self.damage(
                        "groups are nested more than \(Limits.protobufDepthMaximum) deep")
                }
                open.append(field)
            case .endGroup:
                guard field == expected else { throw Self.damage("a group ends another") }
                open.removeLast()
            default: try skip()
            }
        }
    }

    private func expect(_ type: WireType) throws(ServingError) {
        guard wireType == type else {
            throw Self.damage("field \(field) has wire type \(wireType), not \(type)")
        }
    }

    private mutating func takeLengthDelimited() throws(ServingError) -> Int {
        let length = try readVarint()
        guard let count = Int(exactly: length), count <= end - offset else {
            throw Self.damage("field \(field) has \(length) bytes, but \(end - offset) are left")
        }
        let start = offset
        offset += count
        return start
    }

    private mutating func take(_ count: Int) throws(ServingError) -> UnsafeRawBufferPointer {
        guard count <= end - offset else { throw Self.damage("the message is cut short") }
        defer { offset += count }
        return UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count])
    }

    @inline(__always)
    private mutating func readVarint() throws(ServingError) -> UInt64 {
        if offset < end, bytes[offset] < 0x80 {
            defer { offset += 1 }
            return UInt64(bytes[offset])
        }
        return try readLongVarint()
    }

    private mutating func readLongVarint() throws(ServingError) -> UInt64 {
        var value: UInt64 = 0
        for index in 0..<10 {
            guard offset < end else { throw Self.damage("the message is cut short") }
            let byte = bytes[offset]
            offset += 1
            // Bits beyond 64 are dropped, as every implementation does.
            value |= UInt64(byte & 0x7F) << UInt64(7 * index)
            if byte < 0x80 { return value }
        }
        throw Self.damage("a varint has more than 10 bytes")
    }

    private static func damage(_ what: String) -> ServingError {
        ServingError(
            .invalidRequest, "the message is no valid protobuf: \(what)")
    }
}

extension ByteBuffer {
    /// Lends a protobuf reader over the readable bytes; ranges that it returns count from the
    /// reader index.
    public func withProtobufReader<Result>(
        _ body: (inout ProtobufReader) throws(ServingError) -> Result
    ) throws(ServingError) -> Result {
        try withUnsafeReadableBytes { (bytes) throws(ServingError) in
            var reader = ProtobufReader(bytes)
            return try body(&reader)
        }
    }
}
