import ServingCore

/// Cuts text into words.
struct Tokenizer: Stage {
    let inputs: [StageInput]
    let outputs: [String]
    private let rule: TokenRule

    /// `Tokenizer`: lower case, cut at each white space.
    init(_ saved: SavedStage) throws(ServingError) {
        try self.init(
            saved,
            TokenRule(pattern: .whiteSpace, isGap: true, lowers: true, lengthMinimum: 0))
    }

    /// `RegexTokenizer`, for patterns that are one class of characters.
    init(regex saved: SavedStage) throws(ServingError) {
        let text = try saved.text("pattern", "\\s+")
        guard let pattern = CharacterPattern(text) else {
            throw saved.invalid(
                "its pattern '\(text.clipped())' is more than one class of ASCII characters such "
                    + "as \\\\s+, \\\\W+ or [a-z0-9]+; set engine: python for this model")
        }
        try self.init(
            saved,
            TokenRule(
                pattern: pattern, isGap: try saved.flag("gaps", true),
                lowers: try saved.flag("toLowercase", true),
                lengthMinimum: try saved.integer("minTokenLength", 1)))
    }

    private init(_ saved: SavedStage, _ rule: TokenRule) throws(ServingError) {
        inputs = [StageInput(try saved.text("inputCol"), .text)]
        outputs = [try saved.text("outputCol", saved.uid + "__output")]
        self.rule = rule
    }

    func kinds(of inputs: [ColumnKind]) throws(ServingError) -> [ColumnKind] {
        guard inputs == [.text] else {
            throw Damage.invalid("column '\(self.inputs[0].name)' is no text")
        }
        return [.words]
    }

    func kernel(_ inputs: [Slot], _ outputs: [Slot]) throws(ServingError) -> any Kernel {
        TokenizerKernel(input: inputs[0], output: outputs[0], rule: rule)
    }
}

/// How text is cut.
struct TokenRule {
    let pattern: CharacterPattern
    /// Whether the pattern is what lies between words, not the words.
    let isGap: Bool
    let lowers: Bool
    /// Least characters of a word.
    let lengthMinimum: Int
}

struct TokenizerKernel: Kernel {
    let input: Slot
    let output: Slot
    let rule: TokenRule

    func run(_ frame: Frame) throws(ServingError) {
        frame.words[output.index].removeAll()
        for row in 0..<frame.rows {
            append(frame.texts[input.index][row].bytes, to: &frame.words[output.index])
        }
    }

    private func append(_ text: UnsafeRawBufferPointer, to rows: inout WordRows) {
        let start = rows.bytes.count
        if !rule.lowers || text.allSatisfy({ $0 < 0x80 }) {
            for byte in text {
                let isUpper = rule.lowers && byte >= 0x41 && byte <= 0x5A
                rows.bytes.append(isUpper ? byte | 0x20 : byte)
            }
        } else {
            rows.bytes.append(contentsOf: String(decoding: text, as: UTF8.self).lowercased().utf8)
        }
        if rule.isGap { splitAtGaps(start, &rows) } else { findMatches(start, &rows) }
        rows.endRow()
    }

    /// As Java splits: no empty word at the end, and none in front of a gap at the very beginning
    /// unless the gap is there.
    private func splitAtGaps(_ start: Int, _ rows: inout WordRows) {
        let end = rows.bytes.count
        let first = rows.words.count
        var wordStart = start
        var place = start
        while place < end {
            let length = rule.pattern.match(rows.bytes, place, end)
            guard length > 0 else {
                place += Self.characterLength(rows.bytes[place])
                continue
            }
            append(wordStart..<place, &rows)
            place += length
            wordStart = place
        }
        if wordStart == start {
            // No gap at all: the text itself, even an empty one.
            append(start..<end, &rows)
            return
        }
        append(wordStart..<end, &rows)
        while rows.words.count > first, rows.words[rows.words.count - 1].isEmpty {
            rows.words.removeLast()
        }
    }

    private func findMatches(_ start: Int, _ rows: inout WordRows) {
        let end = rows.bytes.count
        var place = start
        while place < end {
            let length = rule.pattern.match(rows.bytes, place, end)
            if length > 0 { append(place..<place + length, &rows) }
            place += max(length, Self.characterLength(rows.bytes[place]))
        }
    }

    private func append(_ range: Range<Int>, _ rows: inout WordRows) {
        let range =
            range.lowerBound..<max(range.lowerBound, min(range.upperBound, rows.bytes.count))
        let characters = rows.bytes[range].count { $0 & 0xC0 != 0x80 }
        if characters >= rule.lengthMinimum { rows.words.append(range) }
    }

    /// Bytes of the character that begins with this byte.
    private static func characterLength(_ byte: UInt8) -> Int {
        if byte < 0xC0 { return 1 }
        return byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4
    }
}
