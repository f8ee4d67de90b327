import NIOCore
public import ServingCore

extension JSONValue {
    /// The document as text.
    ///
    /// - Parameters:
    ///   - style: Compact, or with four spaces a level.
    ///   - sortedKeys: Whether members stand in the order of their names, byte by byte, and not in
    ///     their own.
    /// - Throws: `engine_failed` for a number that is not finite.
    public func text(_ style: JSONWriter.Style, sortedKeys: Bool = false) throws(ServingError)
        -> String
    {
        var options = JSONWriter.Options.openInference
        options.style = style
        var writer = JSONWriter(into: ByteBuffer(), options: options)
        try writer.value(self, sortedKeys: sortedKeys)
        return String(buffer: writer.finish())
    }
}

extension JSONWriter {
    /// Writes a small document.
    ///
    /// - Throws: `engine_failed` for a number that is not finite, where the options refuse it.
    public mutating func value(_ value: JSONValue, sortedKeys: Bool = false) throws(ServingError) {
        switch value {
        case .null: null()
        case .boolean(let flag): boolean(flag)
        case .integer(let number): integer(number)
        case .unsigned(let number): integer(number)
        case .number(let value): try number(value)
        case .string(let text): string(text)
        case .array(let elements):
            beginArray()
            for element in elements { try self.value(element, sortedKeys: sortedKeys) }
            endArray()
        case .object(let object):
            beginObject()
            let members =
                sortedKeys
                ? object.members.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
                : object.members
            for member in members {
                key(member.key)
                try self.value(member.value, sortedKeys: sortedKeys)
            }
            endObject()
        }
    }
}
