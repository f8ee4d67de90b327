import ServingCore

/// Literal (`|`) and folded (`>`) text.
extension YAMLReader {
    /// How line ends at the end of the text are kept.
    private enum Chomping { case clip, strip, keep }

    /// Reads the marks and the lines that are indented deeper than the parent.
    mutating func blockText(_ parent: Int) throws(ServingError) -> String {
        let isFolded = next == UInt8(ascii: ">")
        position += 1
        var chomping = Chomping.clip
        var given: Int?
        while let byte = next, !Self.isBreakOrBlank(byte) {
            switch byte {
            case UInt8(ascii: "-"): chomping = .strip
            case UInt8(ascii: "+"): chomping = .keep
            case UInt8(ascii: "1")...UInt8(ascii: "9"): given = Int(byte - UInt8(ascii: "0"))
            default: throw failure("text in a block starts on the next line")
            }
            position += 1
        }
        try endLine()
        skipLineEnd()
        var lines = try blockLines(given.map { max(parent, 0) + $0 }, parent)
        let content = lines.lastIndex { !$0.isEmpty }.map { $0 + 1 } ?? 0
        let empty = lines.count - content
        lines.removeSubrange(content...)
        let text = isFolded ? Self.folded(lines) : Self.joined(lines)
        switch chomping {
        case .strip: return text
        case .clip: return text.isEmpty ? "" : text + "\n"
        case .keep: return text + String(repeating: "\n", count: empty + (text.isEmpty ? 0 : 1))
        }
    }

    /// The lines without their indentation; leaves the end of the last one next.
    private mutating func blockLines(_ given: Int?, _ parent: Int) throws(ServingError)
        -> [Substring]
    {
        var lines: [Substring] = []
        var indent = given
        while next != nil {
            let before = self
            while next == 0x20, column < indent ?? .max { position += 1 }
            if isAtLineEnd {
                lines.append("")
            } else {
                if indent == nil { indent = column }
                guard let indent, column >= indent, column > parent, !isAtMarker else {
                    self = before
                    // The line above is the last: the caller ends it.
                    stepBack()
                    return lines
                }
                lines.append(restOfLine())
            }
            guard next != nil else { return lines }
            skipLineEnd()
        }
        return lines
    }

    /// To the end of the line before; called at a line's start only.
    private mutating func stepBack() {
        guard position > 0, position == lineStart, bytes[position - 1] == 0x0A else { return }
        position -= 1
        line -= 1
        var start = position
        while start > 0, bytes[start - 1] != 0x0A { start -= 1 }
        lineStart = start
    }

    private mutating func restOfLine() -> Substring {
        let start = position
        while !isAtLineEnd { position += 1 }
        return Substring(decoding: bytes[start..<position], as: UTF8.self)
    }

    private static func joined(_ lines: [Substring]) -> String {
        lines.joined(separator: "\n")
    }

    /// Joins lines with a space, except around empty and indented ones.
    private static func folded(_ lines: [Substring]) -> String {
        var text = ""
        var pendingBreaks = 0
        var previousIsIndented = false
        for (index, line) in lines.enumerated() {
            guard !line.isEmpty else {
                pendingBreaks += 1
                continue
            }
            let isIndented = line.hasPrefix(" ") || line.hasPrefix("\t")
            let isStart = index == pendingBreaks
            if isIndented || previousIsIndented {
                text += String(repeating: "\n", count: pendingBreaks + (isStart ? 0 : 1))
            } else if pendingBreaks > 0 {
                text += String(repeating: "\n", count: pendingBreaks)
            } else if !isStart {
                text += " "
            }
            text += line
            pendingBreaks = 0
            previousIsIndented = isIndented
        }
        return text
    }
}
