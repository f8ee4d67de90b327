import NIOCore
import ServingCore

extension JSONScanner {
    /// The value at the position as TensorFlow Serving repeats it in errors: `JSON Value: …`.
    ///
    /// Laid out as its answers are, with arrays on one line; ends with the token that crosses
    /// `Limits.quotedValueBytesMaximum` bytes, and every token is cut to that length.
    public func valueDescription() -> String {
        var place = self
        var writer = JSONWriter(into: ByteBuffer(), options: .tensorFlowServing)
        writer.arraysOnOneLine = true
        try? place.describe(to: &writer)
        let text = writer.finish()
        return String(buffer: text)
    }

    /// Writes the value until the limit is reached; then it stops wherever it is.
    private mutating func describe(to writer: inout JSONWriter) throws(ServingError) {
        guard writer.byteCount < Limits.quotedValueBytesMaximum else { return }
        switch try peekKind() {
        case .object:
            try enter()
            writer.beginObject()
            while let key = try nextKey() {
                guard writer.byteCount < Limits.quotedValueBytesMaximum else { return }
                writer.key(key.string.clipped())
                try describe(to: &writer)
            }
            if writer.byteCount < Limits.quotedValueBytesMaximum { writer.endObject() }
        case .array:
            try enter()
            writer.beginArray()
            while try nextElement() {
                guard writer.byteCount < Limits.quotedValueBytesMaximum else { return }
                try describe(to: &writer)
            }
            if writer.byteCount < Limits.quotedValueBytesMaximum { writer.endArray() }
        case .string: writer.string(try scanString().clippedString)
        case .boolean: writer.boolean(try readBoolean())
        case .null:
            try readNull()
            writer.null()
        case .number:
            let first = position
            if try scanNumber() == nil { _ = try scanNonFinite() }
            let text = UnsafeBufferPointer(start: first, count: position - first)
            writer.raw(String(decoding: text.prefix(256), as: UTF8.self))
        }
    }
}

extension JSONText {
    /// The text, shortened to what an error may repeat, before it is copied.
    var clippedString: String {
        guard count > 2 * Limits.quotedValueBytesMaximum, !hasEscapes else {
            return string.clipped()
        }
        // A cut inside a character shows as one replacement character at the very end, which the
        // second cut removes.
        let bytes = UnsafeBufferPointer(start: start, count: 2 * Limits.quotedValueBytesMaximum)
        return String(decoding: bytes, as: UTF8.self).clipped()
    }
}
