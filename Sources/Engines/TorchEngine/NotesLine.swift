import Inference
import ServingCore

/// One line of `model.yaml`, without its comment.
struct NotesLine {
    /// From 1.
    let number: Int
    /// Spaces before the content.
    let indentation: Int
    /// What is left between spaces and comment.
    let content: String

    /// Cuts a line.
    init(_ text: some StringProtocol, _ number: Int) {
        self.number = number
        let rest = text.drop { $0 == " " }
        indentation = text.count - rest.count
        var quote: Character?
        var kept = ""
        for character in rest {
            if let open = quote {
                if character == open { quote = nil }
            } else if character == "\"" || character == "'" {
                quote = character
            } else if character == "#", kept.isEmpty || kept.last == " " {
                break
            }
            kept.append(character)
        }
        while kept.last?.isWhitespace == true { kept.removeLast() }
        content = kept
    }

    /// `key: value`, where the key must be one of those known.
    ///
    /// - Throws: `model_invalid` with the nearest known key.
    func keyAndValue(_ text: String, known: [String]) throws(ServingError) -> (String, String) {
        guard !text.contains("\t") else { throw wrong("has a tab: use spaces") }
        guard let colon = text.firstIndex(of: ":") else {
            throw wrong("is '\(text.clipped())', not 'key: value'")
        }
        let key = String(text[..<colon])
        let rest = text[text.index(after: colon)...]
        guard rest.isEmpty || rest.hasPrefix(" ") else {
            throw wrong("needs a space after '\(key.clipped()):'")
        }
        guard known.contains(key) else {
            throw wrong(
                "has the unknown key '\(key.clipped())'" + NearestName.hint(for: key, among: known)
                    + " (keys: \(known.joined(separator: ", ")))")
        }
        return (key, try word(rest.drop { $0 == " " }))
    }

    /// A plain or quoted word.
    private func word(_ text: some StringProtocol) throws(ServingError) -> String {
        guard let quote = text.first, quote == "\"" || quote == "'" else {
            let isPlain = !["&", "*", "!", "|", ">", "%", "@", "`"].contains { text.hasPrefix($0) }
            guard isPlain else { throw wrong("has a form of YAML that this file may not have") }
            return String(text)
        }
        let inner = text.dropFirst().dropLast()
        guard text.count >= 2, text.last == quote, !inner.contains(quote), !inner.contains("\\")
        else { throw wrong("has a quotation that does not end, or holds quotes or backslashes") }
        return String(inner)
    }

    /// The parts of `{a: b, c: [d, e]}` or `[a, b]`.
    func flow(_ text: String, open: Character, close: Character) throws(ServingError) -> [String] {
        guard text.count >= 2, text.first == open, text.last == close else {
            throw wrong("has '\(text.clipped())', not '\(open)...\(close)' on one line")
        }
        var parts = [""]
        var depth = 0
        for character in text.dropFirst().dropLast() {
            if character == "[" || character == "{" { depth += 1 }
            if character == "]" || character == "}" { depth -= 1 }
            if character == ",", depth == 0 {
                parts.append("")
            } else if character != " " || parts[parts.count - 1].isEmpty == false {
                parts[parts.count - 1].append(character)
            }
        }
        guard depth == 0 else { throw wrong("has brackets that do not match") }
        if parts == [""] { return [] }
        return parts.map { part in
            String(part.reversed().drop { $0 == " " }.reversed())
        }
    }

    /// A shape: `[-1, 64]`, where -1 and names stand for extents that vary.
    func dimensions(_ text: String, of name: String) throws(ServingError) -> [Dimension] {
        let parts = try flow(text, open: "[", close: "]")
        guard parts.count <= Limits.tensorRankMaximum else {
            throw wrong("gives '\(name)' more than \(Limits.tensorRankMaximum) dimensions")
        }
        var result: [Dimension] = []
        for part in parts {
            if let extent = Int(part) {
                guard extent >= -1, extent <= Limits.tensorElementsMaximum else {
                    throw wrong("gives '\(name)' the extent \(part): 0 or more, or -1 for any")
                }
                result.append(extent == -1 ? .dynamic(name: nil) : .fixed(extent))
            } else {
                let isName = !part.isEmpty && part.allSatisfy {
                    $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_")
                }
                guard isName else {
                    throw wrong("gives '\(name)' the extent '\(part.clipped())': a number or a name")
                }
                result.append(.dynamic(name: part))
            }
        }
        return result
    }

    /// An error with this line.
    func wrong(_ what: String) -> ServingError { Self.wrong(number, what) }

    /// An error with a line.
    static func wrong(_ line: Int, _ what: String) -> ServingError {
        ServingError(.modelInvalid, "\(ModelNotes.fileName) line \(line) \(what)")
    }
}
