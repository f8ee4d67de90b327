import ServingCore

/// Makes sentences for people out of the library's messages.
enum ONNXMessage {
    /// Most bytes of a message that an error repeats.
    static let byteCountMaximum = 600

    /// The message without error numbers, C++ locations, function signatures and line breaks.
    static func readable(_ raw: String) -> String {
        var text = raw.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        text = withoutErrorNumbers(text)
        text = withoutLocations(text)
        text = withNodeNamed(text)
        for noise in [" Please fix either the inputs/outputs or the model.", "Fatal error: "] {
            text = text.replacing(noise, with: "")
        }
        while text.last == "." || text.last == " " { text.removeLast() }
        return text.isEmpty ? "it gives no reason" : text.clipped(to: byteCountMaximum)
    }

    /// `[ONNXRuntimeError] : 1 : FAIL : ` repeats what the code says, also in nested messages.
    private static func withoutErrorNumbers(_ text: String) -> String {
        var text = text
        let mark = "[ONNXRuntimeError] :"
        while let start = text.firstRange(of: mark) {
            var end = start.upperBound
            for _ in 0..<2 {
                guard let next = text[end...].firstRange(of: " :") else { break }
                end = next.upperBound
            }
            while end < text.endIndex, text[end] == " " { end = text.index(after: end) }
            text.removeSubrange(start.lowerBound..<end)
        }
        return text
    }

    /// Removes `/path/file.cc:12 void name(int) const `, and the condition of a failed check.
    private static func withoutLocations(_ text: String) -> String {
        var words = text[...]
        var result = ""
        while let (before, rest) = splitAtLocation(words) {
            result += before
            words = withoutCondition(rest)
        }
        return result + words
    }

    /// What stands before a location, and what follows its function's name; nil without a location.
    private static func splitAtLocation(_ text: Substring) -> (String, Substring)? {
        for mark in [".cc:", ".h:", ".cpp:", ".hpp:"] {
            guard let found = text.firstRange(of: mark) else { continue }
            let afterMark = text[found.upperBound...]
            let digits = afterMark.prefix(while: \.isNumber)
            guard !digits.isEmpty, afterMark.dropFirst(digits.count).first == " " else { continue }
            // The path begins after the last blank or colon before it.
            let head = text[..<found.lowerBound]
            let cut = head.lastIndex { $0 == " " || $0 == ":" }.map { head.index(after: $0) }
            let path = head[(cut ?? head.startIndex)...]
            let rest = afterMark.dropFirst(digits.count + 1)
            return (
                String(head[..<path.startIndex]), withoutFunction(rest, isFull: path.contains("/"))
            )
        }
        return nil
    }

    /// A full path comes with a whole signature, a bare file name with a bare function name.
    private static func withoutFunction(_ text: Substring, isFull: Bool) -> Substring {
        guard isFull else { return text.drop { $0 != " " }.drop { $0 == " " } }
        guard let open = text.firstIndex(of: "(") else { return text }
        var depth = 0
        var end = open
        for index in text[open...].indices {
            if text[index] == "(" { depth += 1 }
            if text[index] == ")" { depth -= 1 }
            end = index
            if depth == 0 { break }
        }
        var rest = text[text.index(after: end)...].drop { $0 == " " }
        if rest.hasPrefix("const ") { rest = rest.dropFirst(6) }
        if rest.hasPrefix("[with "), let close = rest.firstIndex(of: "]") {
            rest = rest[rest.index(after: close)...].drop { $0 == " " }
        }
        return rest
    }

    /// `a == b was false. Words.` becomes `Words.`; without words the condition stays.
    private static func withoutCondition(_ text: Substring) -> Substring {
        guard let found = text.firstRange(of: " was false. ") else { return text }
        let words = text[found.upperBound...]
        return words.isEmpty ? text : words
    }

    /// `Non-zero status code returned while running Gather node. Name:'g' Status Message: words`
    /// becomes `node 'g' (Gather): words`.
    private static func withNodeNamed(_ text: String) -> String {
        guard let start = text.firstRange(of: "Non-zero status code returned while running "),
            let kind = text[start.upperBound...].firstRange(of: " node. Name:'"),
            let name = text[kind.upperBound...].firstRange(of: "' Status Message: ")
        else { return text }
        let type = text[start.upperBound..<kind.lowerBound]
        let node = text[kind.upperBound..<name.lowerBound]
        let place = node.isEmpty ? "a \(type) node" : "node '\(node)' (\(type))"
        return text[..<start.lowerBound] + place + ": "
            + withNodeNamed(String(text[name.upperBound...]))
    }
}

// MARK: Advice

extension ONNXMessage {
    /// A whole sentence for the failures that people meet most; nil for the others.
    static func advice(for message: String, _ file: ONNXFile, version: String) -> String? {
        if let known = number(after: "till opset ", in: message),
            let domain = word(after: "support for domain ", in: message)
        {
            let wanted = file.operatorSets.first { $0.domain == domain }?.version ?? 0
            return "it needs operator set \(wanted) of domain \(domain), and ONNX Runtime "
                + "\(version) knows up to \(known): export it for a lower set, or install a newer "
                + "ONNX Runtime"
        }
        if let known = number(after: "max supported IR version: ", in: message) {
            return "it is in version \(file.formatVersion) of the ONNX file format (IR), and ONNX "
                + "Runtime \(version) reads up to \(known): save it in a lower version"
        }
        if let end = message.firstRange(of: " is not a registered function/op") {
            let name = message[..<end.lowerBound].split(separator: " ").last ?? ""
            return "it uses the operator \(name.prefix { $0 != "(" }), which ONNX Runtime "
                + "\(version) does not have; custom operators are not supported"
        }
        return nil
    }

    private static func number(after words: String, in text: String) -> Int? {
        text.firstRange(of: words).flatMap { Int(text[$0.upperBound...].prefix(while: \.isNumber)) }
    }

    private static func word(after words: String, in text: String) -> String? {
        text.firstRange(of: words).map { String(text[$0.upperBound...].prefix { $0 != " " }) }
    }
}
