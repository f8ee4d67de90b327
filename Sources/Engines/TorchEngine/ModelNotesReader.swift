import Inference
import ServingCore
import Tensors

/// Reads `model.yaml`: the small part of YAML that such a file needs, strictly.
///
/// Two lists of mappings, `inputs` and `outputs`, as blocks or in braces, and `batching`; comments,
/// plain and quoted words. Everything else is an error with its line.
struct ModelNotesReader {
    private static let topKeys = ["inputs", "outputs", "batching"]
    private static let valueKeys = ["name", "type", "shape"]
    /// A file with more bytes is something else.
    static let bytesMaximum = 256 << 10

    /// A mapping of a list, as it is being read.
    private struct Item {
        var values: [String: String] = [:]
        let line: Int
        /// Spaces before its keys.
        let indentation: Int
    }

    private var notes = ModelNotes()
    private var seen: Set<String> = []
    private var list: (key: String, items: [Item], indentation: Int?)?

    /// Reads a file's text.
    ///
    /// - Throws: `model_invalid` with the line, what is there and what was expected.
    static func read(_ text: String) throws(ServingError) -> ModelNotes {
        var reader = ModelNotesReader()
        var number = 0
        for line in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
            number += 1
            try reader.read(NotesLine(line, number))
        }
        try reader.endList()
        return reader.notes
    }

    private mutating func read(_ line: NotesLine) throws(ServingError) {
        if line.content.isEmpty || (line.indentation == 0 && line.content == "---") { return }
        let isItem = line.content == "-" || line.content.hasPrefix("- ")
        if line.indentation == 0, !isItem {
            try endList()
            return try readTop(line)
        }
        guard list != nil else { throw line.wrong("is indented, but belongs to nothing") }
        if isItem { try startItem(line) } else { try continueItem(line) }
    }

    private mutating func readTop(_ line: NotesLine) throws(ServingError) {
        let (key, value) = try line.keyAndValue(line.content, known: Self.topKeys)
        guard seen.insert(key).inserted else { throw line.wrong("has '\(key)' a second time") }
        guard key == "batching" else {
            guard value.isEmpty || value == "[]" else {
                throw line.wrong("must be '\(key):' with a list below it")
            }
            list = (key, [], nil)
            return
        }
        switch value {
        case "true": notes.isBatched = true
        case "false": notes.isBatched = false
        default: throw line.wrong("has '\(value.clipped())' for 'batching': true or false")
        }
    }

    private mutating func startItem(_ line: NotesLine) throws(ServingError) {
        let indentation = list?.indentation ?? line.indentation
        guard indentation == line.indentation else {
            throw line.wrong("is indented by \(line.indentation), not by \(indentation) as before")
        }
        list?.indentation = indentation
        let rest = line.content.dropFirst().drop { $0 == " " }
        let inner = line.indentation + (line.content.count - rest.count)
        var item = Item(line: line.number, indentation: inner)
        if rest.hasPrefix("{") {
            for part in try line.flow(String(rest), open: "{", close: "}") {
                try add(part, to: &item, line)
            }
        } else if !rest.isEmpty {
            try add(String(rest), to: &item, line)
        } else {
            throw line.wrong("must be '- name: ...'")
        }
        list?.items.append(item)
    }

    private mutating func continueItem(_ line: NotesLine) throws(ServingError) {
        guard var item = list?.items.popLast() else {
            throw line.wrong("must begin with '- ', as an item of a list")
        }
        guard line.indentation == item.indentation else {
            throw line.wrong(
                "is indented by \(line.indentation), not by \(item.indentation) as the item's "
                    + "first key")
        }
        try add(line.content, to: &item, line)
        list?.items.append(item)
    }

    private func add(_ text: String, to item: inout Item, _ line: NotesLine)
        throws(ServingError)
    {
        let (key, value) = try line.keyAndValue(text, known: Self.valueKeys)
        guard item.values.updateValue(value, forKey: key) == nil else {
            throw line.wrong("has '\(key)' a second time")
        }
    }

    private mutating func endList() throws(ServingError) {
        guard let (key, items, _) = list else { return }
        list = nil
        var values: [ModelNotes.Value] = []
        for item in items {
            let value = try Self.value(item.values, item.line)
            if let earlier = values.first(where: { $0.name == value.name }) {
                throw NotesLine.wrong(
                    item.line, "has the name '\(value.name)' of line \(earlier.line) again")
            }
            values.append(value)
        }
        if key == "inputs" { notes.inputs = values } else { notes.outputs = values }
    }

    private static func value(_ values: [String: String], _ line: Int) throws(ServingError)
        -> ModelNotes.Value
    {
        guard let name = values["name"], !name.isEmpty else {
            throw NotesLine.wrong(line, "begins an item without a 'name'")
        }
        guard name.utf8.count <= Limits.nameBytesMaximum else {
            throw NotesLine.wrong(line, "has a name of more than \(Limits.nameBytesMaximum) bytes")
        }
        guard let typeName = values["type"], let type = TorchElementType.type(named: typeName) else {
            let names = ElementType.allCases.map(\.openInferenceName)
            throw NotesLine.wrong(
                line,
                "gives '\(name)' the type '\((values["type"] ?? "").clipped())'"
                    + NearestName.hint(for: values["type"] ?? "", among: names)
                    + " (types: \(names.joined(separator: ", ")), or torch's names: float32)")
        }
        var dimensions: [Dimension]?
        if let shape = values["shape"] {
            dimensions = try NotesLine("", line).dimensions(shape, of: name)
        }
        return ModelNotes.Value(name: name, type: type, dimensions: dimensions, line: line)
    }
}
