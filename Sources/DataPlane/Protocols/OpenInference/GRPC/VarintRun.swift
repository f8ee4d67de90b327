import ServingCore
import Wire

/// What a varint of a repeated field stands for: protobuf takes the low bits and drops the others.
protocol VarintValue {
    /// The value as an element of the given width; nil when it does not fit.
    static func element<Element: FixedWidthInteger>(_ varint: UInt64) -> Element?
}

extension Int32: VarintValue {
    @inline(__always)
    static func element<Element: FixedWidthInteger>(_ varint: UInt64) -> Element? {
        Element(exactly: Int32(truncatingIfNeeded: varint))
    }
}

extension UInt32: VarintValue {
    @inline(__always)
    static func element<Element: FixedWidthInteger>(_ varint: UInt64) -> Element? {
        Element(exactly: UInt32(truncatingIfNeeded: varint))
    }
}

extension Int64: VarintValue {
    @inline(__always)
    static func element<Element: FixedWidthInteger>(_ varint: UInt64) -> Element? {
        Element(exactly: Int64(truncatingIfNeeded: varint))
    }
}

extension UInt64: VarintValue {
    @inline(__always)
    static func element<Element: FixedWidthInteger>(_ varint: UInt64) -> Element? {
        Element(exactly: varint)
    }
}

extension Bool: VarintValue {
    @inline(__always)
    static func element<Element: FixedWidthInteger>(_ varint: UInt64) -> Element? {
        varint == 0 ? 0 : 1
    }
}

/// Decodes varints into the elements of a tensor, never beyond its end.
struct VarintRun<Element: FixedWidthInteger> {
    private let elements: UnsafeMutableBufferPointer<Element>
    private let typeName: String
    /// Elements decoded so far.
    private(set) var count = 0

    /// Fills `elements` from its first on; the memory is the caller's.
    init(filling elements: UnsafeMutableBufferPointer<Element>, typeName: String) {
        self.elements = elements
        self.typeName = typeName
    }

    /// Appends one value.
    ///
    /// - Throws: `invalid_tensor` when it does not fit the type or is one too many.
    @inline(__always)
    mutating func append<Value: VarintValue>(_ varint: UInt64, as: Value.Type)
        throws(ServingError)
    {
        guard count < elements.count else {
            throw ServingError(
                .invalidTensor,
                "expected \(elements.count) \(typeName) elements, got more")
        }
        guard let element: Element = Value.element(varint) else {
            throw ServingError(
                .invalidTensor,
                "element \(count) is \(Int64(bitPattern: varint)), which does not fit \(typeName)")
        }
        elements[count] = element
        count += 1
    }

    /// Appends packed values.
    ///
    /// - Throws: as for one value; `invalid_request` when a varint is cut short or too long.
    mutating func append<Value: VarintValue>(
        packed bytes: UnsafeRawBufferPointer, as: Value.Type
    ) throws(ServingError) {
        var offset = 0
        while offset < bytes.count {
            let first = bytes[offset]
            offset += 1
            if first < 0x80 {
                try append(UInt64(first), as: Value.self)
                continue
            }
            var varint = UInt64(first & 0x7F)
            var shift: UInt64 = 7
            while true {
                guard offset < bytes.count, shift < 70 else {
                    throw ServingError(
                        .invalidRequest,
                        "the message is no valid protobuf: a packed varint is cut short or too long"
                    )
                }
                let byte = bytes[offset]
                offset += 1
                varint |= UInt64(byte & 0x7F) << shift
                shift += 7
                if byte < 0x80 { break }
            }
            try append(varint, as: Value.self)
        }
    }
}
