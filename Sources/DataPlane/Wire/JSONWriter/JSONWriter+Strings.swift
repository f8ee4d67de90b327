import NIOCore

extension JSONWriter {
    /// Writes valid UTF-8 between quotation marks.
    mutating func writeQuoted(_ bytes: UnsafeRawBufferPointer) {
        buffer.writeJSONString(bytes)
    }
}
