import ServingCore

extension UBJSONReader {
    /// Bytes of a number of that type; nil for what is none.
    static func width(of type: UInt8) -> Int? {
        switch type {
        case UInt8(ascii: "i"), UInt8(ascii: "U"): 1
        case UInt8(ascii: "I"): 2
        case UInt8(ascii: "l"), UInt8(ascii: "d"): 4
        case UInt8(ascii: "L"), UInt8(ascii: "D"): 8
        default: nil
        }
    }

    @inline(__always)
    func peekByte() -> UInt8? { position < bytes.count ? bytes[position] : nil }

    mutating func takeByte() throws(ServingError) -> UInt8 {
        guard let byte = peekByte() else { throw failure("the document ends early") }
        position += 1
        return byte
    }

    @inline(__always)
    mutating func takeInteger<Value: FixedWidthInteger & BitwiseCopyable>(
        _: Value.Type
    ) throws(ServingError) -> Value {
        let width = MemoryLayout<Value>.size
        guard bytes.count - position >= width else { throw failure("the document ends early") }
        defer { position += width }
        return Value(bigEndian: bytes.loadUnaligned(fromByteOffset: position, as: Value.self))
    }

    /// Reads a number behind its marker.
    @inline(__always)
    mutating func takeNumber(_ type: UInt8) throws(ServingError) -> DocumentNumber {
        switch type {
        case UInt8(ascii: "i"): return .integer(Int(try takeInteger(Int8.self)))
        case UInt8(ascii: "U"): return .integer(Int(try takeInteger(UInt8.self)))
        case UInt8(ascii: "I"): return .integer(Int(try takeInteger(Int16.self)))
        case UInt8(ascii: "l"): return .integer(Int(try takeInteger(Int32.self)))
        case UInt8(ascii: "L"): return .integer(Int(try takeInteger(Int64.self)))
        case UInt8(ascii: "d"):
            return .real(Double(Float(bitPattern: try takeInteger(UInt32.self))))
        case UInt8(ascii: "D"): return .real(Double(bitPattern: try takeInteger(UInt64.self)))
        default: throw failure("no UBJSON number")
        }
    }

    /// Reads a count or length: an integer with its own marker, not negative.
    mutating func takeLength() throws(ServingError) -> Int {
        let type = try takeByte()
        guard case .integer(let length) = try takeNumber(type), length >= 0 else {
            throw failure("no length before")
        }
        // Whatever is counted takes a byte at least.
        try require(length <= bytes.count - position, "a length of \(length)")
        return length
    }

    mutating func takeText(_ count: Int) throws(ServingError) -> String {
        try require(count <= bytes.count - position, "a text of \(count) bytes")
        let text = String(
            validating: bytes[position..<position + count], as: UTF8.self)
        guard let text else { throw failure("a text that is not UTF-8") }
        position += count
        return text
    }

    /// Moves behind a number that is written as text, and returns a reader of that text.
    mutating func takePreciseNumber() throws(ServingError) -> JSONReader {
        _ = try takeType()
        let count = try takeLength()
        let text = UnsafeRawBufferPointer(rebasing: bytes[position..<position + count])
        var check = JSONReader(text, code: code)
        _ = try check.readNumber()
        try check.finish()
        position += count
        return JSONReader(text, code: code)
    }
}
