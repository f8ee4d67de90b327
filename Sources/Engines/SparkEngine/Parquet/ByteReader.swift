import ServingCore

/// A place in bytes that moves forward; every step is checked against the end.
struct ByteReader {
    /// All bytes; only those below `end` are read.
    let bytes: [UInt8]
    /// The next byte to read.
    private(set) var offset: Int
    /// Where reading ends.
    let end: Int

    /// Reads a whole array.
    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        offset = 0
        end = bytes.count
    }

    /// Reads a part of an array.
    ///
    /// - Throws: `model_invalid` when the part does not lie within the array.
    init(_ bytes: [UInt8], from start: Int, count: Int) throws(ServingError) {
        let (end, overflow) = start.addingReportingOverflow(count)
        guard start >= 0, count >= 0, !overflow, end <= bytes.count else {
            throw Damage.invalid(
                "a part at \(start) of \(count) bytes lies outside its \(bytes.count) bytes")
        }
        self.bytes = bytes
        offset = start
        self.end = end
    }

    /// Bytes that are left.
    var remaining: Int { end - offset }

    /// The next byte.
    mutating func byte() throws(ServingError) -> UInt8 {
        guard offset < end else { throw Damage.cutShort(1, 0) }
        defer { offset += 1 }
        return bytes[offset]
    }

    /// Steps over bytes and says where they begin.
    mutating func skip(_ count: Int) throws(ServingError) -> Int {
        guard count >= 0, count <= remaining else { throw Damage.cutShort(count, remaining) }
        defer { offset += count }
        return offset
    }

    /// A part of its own, which is stepped over.
    mutating func part(_ count: Int) throws(ServingError) -> ByteReader {
        let start = try skip(count)
        return try ByteReader(bytes, from: start, count: count)
    }

    /// A little-endian number of up to eight bytes.
    mutating func littleEndian(_ width: Int) throws(ServingError) -> UInt64 {
        let start = try skip(width)
        var value: UInt64 = 0
        for index in 0..<width { value |= UInt64(bytes[start + index]) << UInt64(8 * index) }
        return value
    }

    /// An unsigned number in groups of seven bits, lowest first (LEB128).
    mutating func varint() throws(ServingError) -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 70, by: 7) {
            let byte = try byte()
            value |= UInt64(byte & 0x7F) << shift
            if byte & 0x80 == 0 { return value }
        }
        throw Damage.invalid("a number has more than ten bytes")
    }

    /// A length or count: a varint that fits 31 bits.
    mutating func count() throws(ServingError) -> Int {
        let value = try varint()
        guard value <= UInt64(Int32.max) else {
            throw Damage.invalid("a length of \(value) is too large")
        }
        return Int(value)
    }
}

/// Errors of files that are not what they should be.
enum Damage {
    /// A file that contradicts itself.
    static func invalid(_ reason: String) -> ServingError {
        ServingError(.modelInvalid, reason)
    }

    /// A file that ends too soon.
    static func cutShort(_ wanted: Int, _ left: Int) -> ServingError {
        invalid("cut short: \(wanted) more bytes are needed where \(left) are left")
    }
}
