import ServingCore
import Yams

/// One key of the configuration: everything that reading, printing, comparing and documenting it
/// needs.
///
/// `Root` is the settings value that the key belongs to.
struct ConfigurationKey<Root: Settings>: Sendable {
    /// The key as written.
    let name: String
    /// What the reference page says; paths are relative to `Root`.
    let descriptions: [KeyDescription]
    /// Reads the value into the settings, or notes what is wrong.
    let read: @Sendable (Node, _ path: String, inout ReadingContext, inout Root) -> Void
    /// The value as printed; nil when there is nothing to print.
    let render: @Sendable (Root) -> ConfigurationValue?
    /// What differs between two settings.
    let compare: @Sendable (_ old: Root, _ new: Root, _ path: String) -> [ConfigurationChange]
    /// Copies from the first settings what cannot change while the server runs.
    let keepFixed: @Sendable (_ old: Root, inout Root) -> Void

    /// A key with a single value.
    init<Value: Sendable>(
        _ name: String, _ field: any WritableKeyPath<Root, Value> & Sendable,
        _ form: ValueForm<Value>, reload: Reload = .restart, default defaultText: String? = nil,
        _ meaning: String
    ) {
        self.name = name
        let standard = form.render(Root.defaults[keyPath: field]).map { "`\($0.inlineYAML)`" }
        descriptions = [
            KeyDescription(
                path: name, kind: form.kind, range: form.range,
                defaultText: defaultText ?? standard ?? "",
                reload: reload, meaning: meaning)
        ]
        read = { node, path, context, root in
            if let value = form.read(node, path, &context) { root[keyPath: field] = value }
        }
        render = { form.render($0[keyPath: field]) }
        compare = { old, new, path in
            let before = form.render(old[keyPath: field])
            let after = form.render(new[keyPath: field])
            guard before != after else { return [] }
            return [ConfigurationChange(path: path, old: before, new: after, reload: reload)]
        }
        keepFixed = { old, root in
            if reload == .restart { root[keyPath: field] = old[keyPath: field] }
        }
    }

    /// A key with a table of further keys; `word` is a word that may stand instead of the table.
    init<Section: Settings>(
        _ name: String, _ field: any WritableKeyPath<Root, Section> & Sendable,
        table: [ConfigurationKey<Section>],
        word: SectionWord<Section>? = nil, default defaultText: String = "", _ meaning: String
    ) {
        self.name = name
        let own = KeyDescription(
            path: name, kind: word.map { "section or `\($0.word)`" } ?? "section", range: "",
            defaultText: defaultText,
            reload: table.first?.descriptions.first?.reload ?? .restart, meaning: meaning,
            isSection: true)
        descriptions = [own] + table.flatMap { $0.descriptions.map { $0.inside(name) } }
        read = { node, path, context, root in
            if let word, node.plainText == word.word {
                word.set(&root[keyPath: field])
            } else {
                readMapping(
                    node, path, table, word: word?.word, &context, into: &root[keyPath: field])
            }
        }
        render = { root in
            let section = root[keyPath: field]
            if let word, word.matches(section) { return .word(word.word) }
            let entries = rendered(section, table)
            return entries.isEmpty ? nil : .mapping(entries)
        }
        compare = { old, new, path in
            table.flatMap { key in
                key.compare(old[keyPath: field], new[keyPath: field], "\(path).\(key.name)")
            }
        }
        keepFixed = { old, root in
            for key in table { key.keepFixed(old[keyPath: field], &root[keyPath: field]) }
        }
    }

    /// A key of a form of its own.
    init(
        _ name: String, descriptions: [KeyDescription],
        read: @escaping @Sendable (Node, String, inout ReadingContext, inout Root) -> Void,
        render: @escaping @Sendable (Root) -> ConfigurationValue?,
        compare: @escaping @Sendable (Root, Root, String) -> [ConfigurationChange],
        keepFixed: @escaping @Sendable (Root, inout Root) -> Void = { _, _ in }
    ) {
        self.name = name
        self.descriptions = descriptions
        self.read = read
        self.render = render
        self.compare = compare
        self.keepFixed = keepFixed
    }
}

/// Settings that a table of keys describes.
protocol Settings: Sendable {
    /// The values of keys that are absent.
    static var defaults: Self { get }
}

/// A word that may stand for a whole section, such as `off`.
struct SectionWord<Section>: Sendable {
    let word: String
    let set: @Sendable (inout Section) -> Void
    let matches: @Sendable (Section) -> Bool
}

/// The printed entries of a section, in the order of its table.
func rendered<Root>(_ root: Root, _ table: [ConfigurationKey<Root>]) -> [ConfigurationValue.Entry] {
    table.compactMap { key in key.render(root).map { .init(key.name, $0) } }
}

/// Reads a mapping by its table: each key once, and none that is not in the table.
func readMapping<Root>(
    _ node: Node, _ path: String, _ table: [ConfigurationKey<Root>], word: String? = nil,
    _ context: inout ReadingContext, into root: inout Root
) {
    guard case .mapping(let mapping) = node else {
        let names = table.map(\.name).joined(separator: ", ")
        context.wrong(
            node, path.isEmpty ? "the file" : path,
            expected: "a mapping of these keys: \(names)" + (word.map { "; or '\($0)'" } ?? ""))
        return
    }
    var seen: Set<String> = []
    for (keyNode, value) in mapping {
        let name = keyNode.scalarText ?? ""
        guard seen.insert(name).inserted else {
            context.error(keyNode, "key '\(name.clipped(to: 80))' is given twice; keep one of them")
            continue
        }
        guard let key = table.first(where: { $0.name == name }) else {
            context.error(keyNode, unknownKey(name, in: path, among: table.map(\.name)))
            continue
        }
        key.read(value, path.isEmpty ? name : "\(path).\(name)", &context, &root)
    }
}

private func unknownKey(_ name: String, in path: String, among names: [String]) -> String {
    let hint = NearestName.hint(for: name, among: names)
    let place = path.isEmpty ? "" : " in '\(path)'"
    return "unknown key '\(name.clipped(to: 80))'"
        + (hint.isEmpty ? "\(place) (keys: \(names.joined(separator: ", ")))" : hint)
}
