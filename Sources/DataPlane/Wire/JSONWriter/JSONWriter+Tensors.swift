public import ServingCore
public import Tensors

extension JSONWriter {
    /// Writes a tensor as arrays nested by its shape; a scalar as a bare value.
    ///
    /// - Parameter bytesAsBase64: Whether a BYTES element becomes `{"b64": "…"}` and not a string.
    /// - Throws: `engine_failed` for NaN, infinities and text that is no UTF-8, where the options
    ///   refuse these.
    public mutating func tensor(_ tensor: Tensor, bytesAsBase64: Bool = false)
        throws(ServingError)
    {
        var cursor = TensorRowCursor(tensor)
        try write(level: 0, of: &cursor, bytesAsBase64)
    }

    /// Writes a tensor as one array of its elements in row-major order.
    ///
    /// - Throws: as `tensor(_:bytesAsBase64:)`.
    public mutating func flatTensor(_ tensor: Tensor, bytesAsBase64: Bool = false)
        throws(ServingError)
    {
        var cursor = TensorRowCursor(tensor)
        beginArray()
        try writeElements(tensor.shape.elementCount, of: &cursor, bytesAsBase64)
        endArray()
    }

    /// Writes the next step of the outermost dimension, as arrays nested by the other dimensions.
    ///
    /// - Precondition: the tensor has a dimension, and fewer rows than it has were written.
    /// - Throws: as `tensor(_:bytesAsBase64:)`.
    public mutating func nextRow(of cursor: inout TensorRowCursor, bytesAsBase64: Bool = false)
        throws(ServingError)
    {
        precondition(cursor.tensor.shape.rank > 0, "a scalar has no rows")
        try write(level: 1, of: &cursor, bytesAsBase64)
    }

    private mutating func write(
        level: Int, of cursor: inout TensorRowCursor, _ bytesAsBase64: Bool
    ) throws(ServingError) {
        let extents = cursor.tensor.shape.dimensions
        if level == extents.count {
            try writeElements(1, of: &cursor, bytesAsBase64)
            return
        }
        beginArray()
        if level == extents.count - 1 {
            try writeElements(extents[level], of: &cursor, bytesAsBase64)
        } else {
            for _ in 0..<extents[level] {
                try write(level: level + 1, of: &cursor, bytesAsBase64)
            }
        }
        endArray()
    }

    private mutating func writeElements(
        _ count: Int, of cursor: inout TensorRowCursor, _ bytesAsBase64: Bool
    ) throws(ServingError) {
        switch cursor.tensor.elementType {
        case .float32: try floats(Float32Format.self, UInt32.self, count, &cursor)
        case .float64: try floats(Float64Format.self, UInt64.self, count, &cursor)
        case .float16: try floats(Float16Format.self, UInt16.self, count, &cursor)
        case .bfloat16: try floats(BFloat16Format.self, UInt16.self, count, &cursor)
        case .int8: integers(Int8.self, count, &cursor)
        case .int16: integers(Int16.self, count, &cursor)
        case .int32: integers(Int32.self, count, &cursor)
        case .int64: integers(Int64.self, count, &cursor)
        case .uint8: integers(UInt8.self, count, &cursor)
        case .uint16: integers(UInt16.self, count, &cursor)
        case .uint32: integers(UInt32.self, count, &cursor)
        case .uint64: integers(UInt64.self, count, &cursor)
        case .bool: booleans(count, &cursor)
        case .bytes: try strings(count, &cursor, bytesAsBase64)
        }
    }

    @inline(never)
    private mutating func floats<Format: BinaryFormat, Bits: FixedWidthInteger & BitwiseCopyable>(
        _ format: Format.Type, _ bits: Bits.Type, _ count: Int, _ cursor: inout TensorRowCursor
    ) throws(ServingError) {
        let (options, powers) = (options, powers)
        let magnitudes = UInt64(Bits.max >> 1)
        var isFinite = true
        elements(Bits.self, count, &cursor) { element, out in
            let bits = UInt64(element) & magnitudes
            if bits >= Format.infinityBits { isFinite = false }
            return Self.float(
                format, bits, element >> Bits(Bits.bitWidth - 1) != 0, options, powers, to: out)
        }
        if !isFinite { try Self.checkNonFinite(options) }
    }

    @inline(never)
    private mutating func integers<Value: FixedWidthInteger & BitwiseCopyable>(
        _ type: Value.Type, _ count: Int, _ cursor: inout TensorRowCursor
    ) {
        let powers = powers
        elements(Value.self, count, &cursor) { element, out in
            NumberText.integer(
                magnitude: UInt64(element.magnitude), isNegative: element < 0, powers, to: out)
        }
    }

    private mutating func booleans(_ count: Int, _ cursor: inout TensorRowCursor) {
        elements(UInt8.self, count, &cursor) { element, out in
            NumberText.literal(element == 0 ? "false" : "true", to: out)
        }
    }

    private mutating func strings(
        _ count: Int, _ cursor: inout TensorRowCursor, _ asBase64: Bool
    ) throws(ServingError) {
        let storage = cursor.tensor.storage
        for _ in 0..<count {
            let range = cursor.nextBytes()
            try storage.withUnsafeBytes { (bytes) throws(ServingError) in
                let element = UnsafeRawBufferPointer(rebasing: bytes[range])
                guard asBase64 else { return try string(utf8: element) }
                beginObject()
                key("b64")
                base64(element)
                endObject()
            }
        }
    }
}

extension JSONWriter {
    /// Writes fixed-width elements, a chunk at a time into memory that is reserved for all of it.
    @inline(__always)
    private mutating func elements<Element: BitwiseCopyable>(
        _ type: Element.Type, _ count: Int, _ cursor: inout TensorRowCursor,
        _ text: (Element, NumberText.Output) -> NumberText.Output
    ) {
        let width = MemoryLayout<Element>.size
        let storage = cursor.tensor.storage
        var left = count
        while left > 0 {
            // The first of a chunk goes the general way, which knows what stands before it.
            prefix()
            let chunk = separatorBytes == nil ? 1 : min(left, Self.chunkElements)
            let first = cursor.offset
            let separator = separatorBytes ?? (0, 0)
            storage.withUnsafeBytes { bytes in
                write(atMost: chunk * (NumberText.bytesMaximum + 2)) { start in
                    var out = start
                    for index in 0..<chunk {
                        if index > 0 {
                            out[0] = UInt8(ascii: ",")
                            out[1] = separator.byte
                            out += separator.count
                        }
                        let offset = first + index * width
                        out = text(
                            bytes.loadUnaligned(fromByteOffset: offset, as: Element.self), out)
                    }
                    return out
                }
            }
            countElements(chunk - 1)
            cursor.offset = first + chunk * width
            left -= chunk
        }
    }

    /// How many bytes stand between elements on one line, and the second of them; nil when each
    /// element has a line of its own.
    private var separatorBytes: (count: Int, byte: UInt8)? {
        switch options.style {
        case .compact: (1, 0)
        case .pretty: arraysOnOneLine ? (2, UInt8(ascii: " ")) : nil
        }
    }

    private static var chunkElements: Int { 512 }
}
