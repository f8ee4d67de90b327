import ServingCore

/// Makes sentences for people out of TensorFlow's messages.
enum TensorFlowMessage {
    /// Most bytes of a message that an error repeats.
    static let byteCountMaximum = 600
    /// More of a message than this is not looked at: it may repeat what a client sent.
    private static let rawBytesMaximum = 8 << 10

    /// The message without the stack of the program that made the graph, without references to the
    /// graph's nodes except the first, and on one line.
    static func readable(_ raw: String) -> String {
        var text = raw.clipped(to: rawBytesMaximum)
        // Errors of runs come with the Python stack of the node's making, then its words again.
        for mark in ["\nDetected at node", "\n\nOriginal stack trace", "\n\nStack trace for op"] {
            if let found = text.firstRange(of: mark) { text.removeSubrange(found.lowerBound...) }
        }
        text = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        let node = nodeName(in: text)
        text = withoutNodes(text)
        while let last = text.last, last == "." || last == " " || last == ":" { text.removeLast() }
        if text.isEmpty { text = "it gives no reason" }
        text = text.clipped(to: byteCountMaximum)
        guard let node, !text.contains(node) else { return text }
        return "\(text) (node '\(node.clipped())')"
    }

    /// The first name in `{{node NAME}}`.
    private static func nodeName(in text: String) -> String? {
        guard let start = text.firstRange(of: "{{node "),
            let end = text[start.upperBound...].firstRange(of: "}}")
        else { return nil }
        return String(text[start.upperBound..<end.lowerBound])
    }

    /// Removes every `[[{{node NAME}}]]`, and the braces around the others.
    private static func withoutNodes(_ text: String) -> String {
        var text = text
        while let start = text.firstRange(of: "[[{{"),
            let end = text[start.upperBound...].firstRange(of: "}}]]")
        {
            text.removeSubrange(start.lowerBound..<end.upperBound)
        }
        while let start = text.firstRange(of: "{{node "),
            let end = text[start.upperBound...].firstRange(of: "}}")
        {
            let name = text[start.upperBound..<end.lowerBound]
            text.replaceSubrange(start.lowerBound..<end.upperBound, with: "node '\(name)'")
        }
        return text.split(separator: " ").joined(separator: " ")
    }
}

// MARK: Advice

extension TensorFlowMessage {
    /// A whole sentence for the failures that people meet most; nil for the others.
    static func advice(for message: String, version: String) -> String? {
        if let name = word(between: "Op type not registered '", and: "'", in: message) {
            return "it uses the operator \(name.clipped()), which TensorFlow \(version) does not "
                + "have; custom operators (tensorflow_text, tensorflow_addons and the like) are not "
                + "supported, so take it out of the exported function, or serve the model from Python"
        }
        if message.contains("No OpKernel was registered to support Op"),
            let name = word(between: "to support Op '", and: "'", in: message)
        {
            return "its operator \(name.clipped()) cannot run on a processor in TensorFlow "
                + "\(version); export it without what is made for other devices: \(message)"
        }
        if message.contains("NodeDef mentions attr") {
            return "it was saved by a TensorFlow newer than \(version): \(message)"
        }
        return nil
    }

    private static func word(between start: String, and end: String, in text: String) -> String? {
        guard let from = text.firstRange(of: start),
            let to = text[from.upperBound...].firstRange(of: end)
        else { return nil }
        return String(text[from.upperBound..<to.lowerBound])
    }
}
