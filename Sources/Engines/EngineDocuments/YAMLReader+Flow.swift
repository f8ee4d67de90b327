import ServingCore

/// Flow collections, `[a, b]` and `{a: b}`, of which JSON is a part.
extension YAMLReader {
    /// Reads a flow collection or a scalar within one.
    mutating func flow() throws(ServingError) -> YAMLValue {
        try nested { reader throws(ServingError) in
            switch reader.next {
            case UInt8(ascii: "["): return try reader.flowSequence()
            case UInt8(ascii: "{"): return try reader.flowMapping()
            case UInt8(ascii: "\""), UInt8(ascii: "'"): return .text(try reader.quoted())
            default: return YAMLReader.resolved(try reader.flowPlain())
            }
        }
    }

    private mutating func flowSequence() throws(ServingError) -> YAMLValue {
        var items: [YAMLValue] = []
        position += 1
        while try !closes(UInt8(ascii: "]")) {
            items.append(try flow())
            try separate(UInt8(ascii: "]"))
        }
        return .sequence(items)
    }

    private mutating func flowMapping() throws(ServingError) -> YAMLValue {
        var members: [YAMLValue.Member] = []
        var keys: Set<String> = []
        position += 1
        while try !closes(UInt8(ascii: "}")) {
            let isQuoted = next == UInt8(ascii: "\"") || next == UInt8(ascii: "'")
            let key = isQuoted ? try quoted() : try flowPlain()
            guard keys.insert(key).inserted else {
                throw failure("the key '\(key.clipped(to: 80))' comes twice")
            }
            guard try skipToContent() else { throw failure("a '{' is never closed") }
            var value = YAMLValue.null
            if next == UInt8(ascii: ":") {
                position += 1
                guard try skipToContent() else { throw failure("a '{' is never closed") }
                if next != UInt8(ascii: ","), next != UInt8(ascii: "}") { value = try flow() }
            }
            members.append(.init(key: key, value: value))
            try separate(UInt8(ascii: "}"))
        }
        return .mapping(members)
    }

    /// Whether the collection ends here; takes its last byte then.
    private mutating func closes(_ end: UInt8) throws(ServingError) -> Bool {
        guard try skipToContent() else {
            throw failure("a '\(end == UInt8(ascii: "]") ? "[" : "{")' is never closed")
        }
        guard next == end else { return false }
        position += 1
        return true
    }

    /// Takes the comma between two items; the end is left for `closes`.
    private mutating func separate(_ end: UInt8) throws(ServingError) {
        guard try skipToContent() else { throw failure("a collection is never closed") }
        if next == UInt8(ascii: ",") {
            position += 1
        } else if next != end {
            throw failure("',' or '\(Character(Unicode.Scalar(end)))' is expected")
        }
    }

    /// A plain scalar on one line, up to what ends it in a collection.
    private mutating func flowPlain() throws(ServingError) -> String {
        let start = position
        if let first = next, "&*!@`%|>".utf8.contains(first) {
            throw failure("anchors, aliases, tags and blocks are not supported here; use quotes")
        }
        scan: while let byte = next, !isAtLineEnd {
            switch byte {
            case UInt8(ascii: ","), UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "{"),
                UInt8(ascii: "}"):
                break scan
            case UInt8(ascii: ":"):
                let after = self.byte(after: 1)
                if Self.isBreakOrBlank(after) { break scan }
                if let after, ",[]{}".utf8.contains(after) { break scan }
            case UInt8(ascii: "#") where position > start && bytes[position - 1] == 0x20:
                break scan
            default: break
            }
            position += 1
        }
        var end = position
        while end > start, bytes[end - 1] == 0x20 || bytes[end - 1] == 0x09 { end -= 1 }
        guard end > start else { throw failure("a value is expected here") }
        return String(decoding: bytes[start..<end], as: UTF8.self)
    }
}
