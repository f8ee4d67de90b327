import ServingCore

/// Reads YAML byte by byte; the position never passes the end.
///
/// Columns are counted in bytes from the start of the line. A recursive descent whose depth is
/// limited.
struct YAMLReader {
    /// Most values of a document.
    static let valuesMaximum = 200_000

    let bytes: [UInt8]
    let code: ErrorCode
    var position = 0
    /// Where the present line starts.
    var lineStart = 0
    var line = 1
    private var depth = 0
    private var values = 0

    init(_ bytes: [UInt8], code: ErrorCode) {
        self.bytes = bytes
        self.code = code
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
            position = 3
            lineStart = 3
        }
    }

    // MARK: Looking

    /// The next byte; nil at the end.
    var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    var column: Int { position - lineStart }

    func byte(after count: Int) -> UInt8? {
        let index = position + count
        return index < bytes.count ? bytes[index] : nil
    }

    /// Whether a byte ends a word: blank, line end or the end of the file.
    static func isBreakOrBlank(_ byte: UInt8?) -> Bool {
        byte == nil || byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
    }

    var isAtLineEnd: Bool { next == nil || next == 0x0A || (next == 0x0D && byte(after: 1) == 0x0A) }

    // MARK: Moving

    /// Skips spaces and tabs within a line.
    mutating func skipBlanks() {
        while next == 0x20 || next == 0x09 { position += 1 }
    }

    /// Skips a line end, if one is here.
    mutating func skipLineEnd() {
        if next == 0x0D, byte(after: 1) == 0x0A { position += 1 }
        guard next == 0x0A else { return }
        position += 1
        line += 1
        lineStart = position
    }

    /// Skips blanks and a comment up to the line's end.
    ///
    /// - Throws: when something else stands there.
    mutating func endLine() throws(ServingError) {
        let start = position
        skipBlanks()
        if next == UInt8(ascii: "#"), start < position || column == 0 {
            while !isAtLineEnd { position += 1 }
        }
        guard isAtLineEnd else { throw failure("unexpected text after a value") }
    }

    /// Skips empty lines and comments to the first byte of content; false at the end of the file.
    mutating func skipToContent() throws(ServingError) -> Bool {
        while next != nil {
            if column == 0 {
                while next == 0x20 { position += 1 }
                if next == 0x09 { throw failure("a tab indents the line; YAML wants spaces") }
            } else {
                skipBlanks()
            }
            if next == UInt8(ascii: "#") {
                while !isAtLineEnd { position += 1 }
            }
            guard isAtLineEnd else { return true }
            skipLineEnd()
        }
        return false
    }

    /// Whether `---` or `...` stands alone at the start of this line.
    var isAtMarker: Bool {
        guard column == 0, let first = next, first == 0x2D || first == 0x2E else { return false }
        return byte(after: 1) == first && byte(after: 2) == first
            && Self.isBreakOrBlank(byte(after: 3))
    }

    // MARK: The document

    /// Reads the whole file as one value.
    mutating func document() throws(ServingError) -> YAMLValue {
        guard try skipToContent() else { return .null }
        if next == UInt8(ascii: "%") { throw failure("directives are not supported") }
        if isAtMarker, next == 0x2D {
            position += 3
            try endLine()
            guard try skipToContent() else { return .null }
        }
        let value = isAtMarker ? .null : try block(column)
        if try skipToContent() {
            guard isAtMarker, next == 0x2E else {
                throw failure(
                    isAtMarker
                        ? "there is a second document; one is read" : "the indentation fits nothing")
            }
            position += 3
            try endLine()
            if try skipToContent() { throw failure("something stands after the document's end") }
        }
        return value
    }

    /// Counts a value and its depth while `body` reads it.
    mutating func nested(
        _ body: (inout YAMLReader) throws(ServingError) -> YAMLValue
    ) throws(ServingError) -> YAMLValue {
        depth += 1
        values += 1
        defer { depth -= 1 }
        guard depth <= Limits.jsonDepthMaximum else {
            throw failure("nesting is deeper than \(Limits.jsonDepthMaximum)")
        }
        guard values <= Self.valuesMaximum else {
            throw failure("there are more than \(Self.valuesMaximum) values")
        }
        return try body(&self)
    }

    /// An error at this line.
    func failure(_ words: String) -> ServingError {
        ServingError(code, "YAML line \(line): \(words)")
    }
}
