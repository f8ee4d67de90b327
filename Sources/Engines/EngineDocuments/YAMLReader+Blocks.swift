import ServingCore

/// Block mappings and sequences: structure by indentation.
extension YAMLReader {
    /// Reads the value that starts here, at a column that its first line has.
    mutating func block(_ indent: Int) throws(ServingError) -> YAMLValue {
        try nested { reader throws(ServingError) in
            if reader.isAtDash { return try reader.sequence(indent) }
            if try reader.isAtKey() { return try reader.mapping(indent) }
            let value = try reader.scalar(parent: indent - 1)
            try reader.endLine()
            return value
        }
    }

    /// Whether `- ` stands here.
    private var isAtDash: Bool {
        next == UInt8(ascii: "-") && Self.isBreakOrBlank(byte(after: 1))
    }

    private mutating func sequence(_ indent: Int) throws(ServingError) -> YAMLValue {
        var items: [YAMLValue] = []
        repeat {
            position += 1
            skipBlanks()
            if isAtLineEnd || next == UInt8(ascii: "#") {
                items.append(try below(indent, orDashAt: nil))
            } else {
                items.append(try block(column))
            }
        } while try continues(at: indent) && isAtDash
        return .sequence(items)
    }

    private mutating func mapping(_ indent: Int) throws(ServingError) -> YAMLValue {
        var members: [YAMLValue.Member] = []
        var keys: Set<String> = []
        repeat {
            guard try isAtKey() else { throw failure("'key: value' is expected here") }
            let key = try self.key()
            guard keys.insert(key).inserted else {
                throw failure("the key '\(key.clipped(to: 80))' comes twice")
            }
            members.append(.init(key: key, value: try memberValue(indent)))
        } while try continues(at: indent) && !isAtDash
        return .mapping(members)
    }

    private mutating func memberValue(_ indent: Int) throws(ServingError) -> YAMLValue {
        let start = position
        skipBlanks()
        let isComment = next == UInt8(ascii: "#") && start < position
        if isAtLineEnd || isComment { return try below(indent, orDashAt: indent) }
        return try nested { reader throws(ServingError) in
            let value = try reader.scalar(parent: indent)
            try reader.endLine()
            return value
        }
    }

    /// The value on the lines below, if they are indented deeper; a sequence may stand at the
    /// column of its key.
    private mutating func below(_ indent: Int, orDashAt dash: Int?) throws(ServingError)
        -> YAMLValue
    {
        try endLine()
        guard try skipToContent(), !isAtMarker else { return .null }
        if column > indent || (column == dash && isAtDash) { return try block(column) }
        return .null
    }

    /// Whether the next content continues a collection at this column.
    ///
    /// - Throws: when it is indented deeper than that: it belongs to nothing.
    private mutating func continues(at indent: Int) throws(ServingError) -> Bool {
        guard try skipToContent(), !isAtMarker else { return false }
        guard column <= indent else { throw failure("the line is indented too deep") }
        return column == indent
    }

    // MARK: Keys

    /// Whether a key and its colon stand here, on one line.
    private func isAtKey() throws(ServingError) -> Bool {
        var ahead = self
        return try ahead.keyIfThere() != nil
    }

    /// Reads a key and its colon.
    private mutating func key() throws(ServingError) -> String {
        guard let key = try keyIfThere() else { throw failure("a key is expected here") }
        return key
    }

    private mutating func keyIfThere() throws(ServingError) -> String? {
        let startLine = line
        let key: String
        switch next {
        case UInt8(ascii: "\""), UInt8(ascii: "'"):
            key = try quoted()
            skipBlanks()
            guard line == startLine, next == UInt8(ascii: ":"),
                Self.isBreakOrBlank(byte(after: 1))
            else { return nil }
        case UInt8(ascii: "["), UInt8(ascii: "{"), UInt8(ascii: "|"), UInt8(ascii: ">"):
            return nil
        case UInt8(ascii: "?") where Self.isBreakOrBlank(byte(after: 1)):
            throw failure("complex keys ('? ') are not supported")
        default:
            guard let text = plainKey() else { return nil }
            key = text
            if key.hasPrefix("&") || key.hasPrefix("*") || key.hasPrefix("!") || key == "<<" {
                throw failure("anchors, aliases, tags and merge keys are not supported")
            }
        }
        position += 1
        return key
    }

    /// The text up to a colon on this line, which it leaves next.
    private mutating func plainKey() -> String? {
        let start = position
        while !isAtLineEnd {
            if next == UInt8(ascii: ":"), Self.isBreakOrBlank(byte(after: 1)) {
                var end = position
                while end > start, bytes[end - 1] == 0x20 || bytes[end - 1] == 0x09 { end -= 1 }
                return end > start ? String(decoding: bytes[start..<end], as: UTF8.self) : nil
            }
            if next == UInt8(ascii: "#"), position > start, Self.isBreakOrBlank(bytes[position - 1]) {
                return nil
            }
            position += 1
        }
        return nil
    }
}
