import ServingCore

/// Scalars outside flow collections: plain, quoted, literal and folded.
extension YAMLReader {
    /// Reads what follows a key or a dash on its line, and the lines that continue it.
    ///
    /// - Parameter parent: The column that continuing lines must be deeper than.
    mutating func scalar(parent: Int) throws(ServingError) -> YAMLValue {
        switch next {
        case UInt8(ascii: "\""), UInt8(ascii: "'"): return .text(try quoted())
        case UInt8(ascii: "["), UInt8(ascii: "{"): return try flow()
        case UInt8(ascii: "|"), UInt8(ascii: ">"): return .text(try blockText(parent))
        case UInt8(ascii: "&"), UInt8(ascii: "*"), UInt8(ascii: "!"):
            throw failure("anchors, aliases and tags are not supported")
        case UInt8(ascii: "@"), UInt8(ascii: "`"), UInt8(ascii: "%"):
            throw failure("a value cannot start with this character; put it in quotes")
        default: return YAMLReader.resolved(try plain(parent))
        }
    }

    /// A plain scalar; lines that continue it are joined with a space.
    private mutating func plain(_ parent: Int) throws(ServingError) -> String {
        var text = try plainLine()
        while true {
            let before = self
            let breaks = try lineBreaks()
            guard next != nil, !isAtMarker, column > parent, next != UInt8(ascii: "#") else {
                self = before
                return text
            }
            text += breaks == 1 ? " " : String(repeating: "\n", count: breaks - 1)
            text += try plainLine()
        }
    }

    /// Skips line ends and the blanks that follow; how many line ends there were.
    private mutating func lineBreaks() throws(ServingError) -> Int {
        var count = 0
        skipBlanks()
        while next == 0x0A || next == 0x0D, isAtLineEnd {
            skipLineEnd()
            count += 1
            skipBlanks()
        }
        return count
    }

    private mutating func plainLine() throws(ServingError) -> String {
        let start = position
        while !isAtLineEnd {
            if next == UInt8(ascii: "#"), position > start, Self.isBreakOrBlank(bytes[position - 1]) {
                break
            }
            if next == UInt8(ascii: ":"), Self.isBreakOrBlank(byte(after: 1)) {
                throw failure("a second ': ' in the line; put the value in quotes")
            }
            position += 1
        }
        while position > start, bytes[position - 1] == 0x20 || bytes[position - 1] == 0x09 {
            position -= 1
        }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    // MARK: Quotes

    /// A quoted scalar, over several lines if it is so written.
    mutating func quoted() throws(ServingError) -> String {
        let mark = next
        let startLine = line
        position += 1
        var text: [UInt8] = []
        // Blanks before a line end are no part of the text; escaped ones are.
        var kept = 0
        while let byte = next {
            if byte == mark {
                position += 1
                guard mark == UInt8(ascii: "'"), next == mark else {
                    return String(decoding: text, as: UTF8.self)
                }
            }
            if byte == UInt8(ascii: "\\"), mark == UInt8(ascii: "\"") {
                try escape(into: &text)
                kept = text.count
            } else if isAtLineEnd {
                while text.count > kept, text.last == 0x20 || text.last == 0x09 {
                    text.removeLast()
                }
                let breaks = try lineBreaks()
                text += breaks == 1 ? [0x20] : Array(repeating: 0x0A, count: max(0, breaks - 1))
                kept = text.count
            } else {
                text.append(byte)
                position += 1
            }
        }
        throw failure("the quote that opens in line \(startLine) is never closed")
    }

    private static let escapes: [UInt8: [UInt8]] = [
        UInt8(ascii: "0"): [0], UInt8(ascii: "a"): [7], UInt8(ascii: "b"): [8],
        UInt8(ascii: "t"): [9], 0x09: [9], UInt8(ascii: "n"): [10], UInt8(ascii: "v"): [11],
        UInt8(ascii: "f"): [12], UInt8(ascii: "r"): [13], UInt8(ascii: "e"): [27],
        0x20: [0x20], UInt8(ascii: "\""): [0x22], UInt8(ascii: "/"): [0x2F],
        UInt8(ascii: "\\"): [0x5C], UInt8(ascii: "N"): [0xC2, 0x85],
        UInt8(ascii: "_"): [0xC2, 0xA0], UInt8(ascii: "L"): [0xE2, 0x80, 0xA8],
        UInt8(ascii: "P"): [0xE2, 0x80, 0xA9],
    ]
    private static let digitCounts: [UInt8: Int] = [
        UInt8(ascii: "x"): 2, UInt8(ascii: "u"): 4, UInt8(ascii: "U"): 8,
    ]

    private mutating func escape(into text: inout [UInt8]) throws(ServingError) {
        position += 1
        guard let byte = next else { throw failure("the file ends in an escape") }
        if isAtLineEnd {
            skipLineEnd()
            skipBlanks()
        } else if let known = Self.escapes[byte] {
            position += 1
            text += known
        } else if let count = Self.digitCounts[byte] {
            position += 1
            text += try unicode(count).utf8
        } else {
            throw failure("unknown escape '\\\(Character(Unicode.Scalar(byte)))'")
        }
    }

    private mutating func unicode(_ count: Int) throws(ServingError) -> String {
        var value: UInt32 = 0
        for _ in 0..<count {
            guard let byte = next, byte < 0x80,
                let digit = Character(Unicode.Scalar(byte)).hexDigitValue
            else { throw failure("\(count) hexadecimal digits are expected") }
            value = value << 4 | UInt32(digit)
            position += 1
        }
        guard let scalar = Unicode.Scalar(value) else {
            throw failure("the escape names no character")
        }
        return String(Character(scalar))
    }
}
