import ServingCore
import Yams

/// One way to write a value: how it is called, read and printed.
///
/// Every key of the schema has a form, so reading, printing and the reference page cannot disagree.
struct ValueForm<Value: Sendable>: Sendable {
    /// The kind of value, for the reference page: `duration`.
    let kind: String
    /// What is accepted, for the reference page and errors: `1ms to 1h`; empty for anything.
    let range: String
    /// Reads a value; returns nil after it noted a problem at the node.
    let read: @Sendable (Node, _ path: String, inout ReadingContext) -> Value?
    /// The value as it is printed; nil when it is unset and has no word for that.
    let render: @Sendable (Value) -> ConfigurationValue?

    init(
        kind: String, range: String = "",
        read: @escaping @Sendable (Node, String, inout ReadingContext) -> Value?,
        render: @escaping @Sendable (Value) -> ConfigurationValue?
    ) {
        self.kind = kind
        self.range = range
        self.read = read
        self.render = render
    }

    /// A form whose values are single words or texts.
    init(
        kind: String, range: String = "", expected: String,
        scalar: @escaping @Sendable (Node) -> Value?,
        render: @escaping @Sendable (Value) -> ConfigurationValue?
    ) {
        self.init(
            kind: kind, range: range,
            read: { node, path, context in
                if let value = scalar(node) { return value }
                context.wrong(node, path, expected: expected)
                return nil
            }, render: render)
    }

    /// The same form, or a word that stands for no value.
    func or(_ word: String) -> ValueForm<Value?> {
        let (kind, range, read, render) = (kind, range, read, render)
        return ValueForm<Value?>(
            kind: "\(kind) or `\(word)`", range: range,
            read: { node, path, context in
                if node.plainText == word { return .some(nil) }
                let before = context.problems.count
                if let value = read(node, path, &context) { return .some(value) }
                context.amendProblems(from: before, suffix: ", or '\(word)'")
                return nil
            },
            render: { $0.map(render) ?? .word(word) })
    }

    /// The same form for a key that may be absent; it is not printed then.
    var optional: ValueForm<Value?> {
        let (kind, range, read, render) = (kind, range, read, render)
        return ValueForm<Value?>(
            kind: kind, range: range,
            read: { node, path, context in
                read(node, path, &context).map { .some($0) }
            },
            render: { $0.flatMap(render) })
    }
}

extension ReadingContext {
    /// Adds what else would have been accepted to problems that were just noted.
    mutating func amendProblems(from index: Int, suffix: String) {
        amend(from: index) {
            ConfigurationProblem($0.severity, at: $0.position, $0.message + suffix)
        }
    }
}
