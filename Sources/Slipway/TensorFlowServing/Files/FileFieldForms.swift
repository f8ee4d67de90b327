import Wire

// The kinds of fields that the files share.

extension FileField {
    /// A string.
    static func string(
        _ name: String, _ target: any WritableKeyPath<Root, String?> & Sendable
    ) -> FileField {
        FileField(name) { value, path, context, root in
            guard let text = context.string(value) else {
                return context.wrong(value, path, expected: "a string in quotes")
            }
            root[keyPath: target] = text
        }
    }

    /// A whole number.
    static func integer(
        _ name: String, _ target: any WritableKeyPath<Root, Int?> & Sendable,
        _ range: ClosedRange<Int>
    ) -> FileField {
        FileField(name) { value, path, context, root in
            root[keyPath: target] = context.integer(value, path, range)
        }
    }

    /// A `google.protobuf` wrapper of a number: `{ value: 128 }`, in YAML just `128`.
    static func wrapped(
        _ name: String, _ target: any WritableKeyPath<Root, Int?> & Sendable,
        _ range: ClosedRange<Int>
    ) -> FileField {
        FileField(name) { value, path, context, root in
            root[keyPath: target] = context.wrapped(value, path) { inner, path, context in
                context.integer(inner, path, range)
            }
        }
    }

    /// A wrapper of `true` or `false`.
    static func wrappedBoolean(
        _ name: String, _ target: any WritableKeyPath<Root, Bool?> & Sendable
    ) -> FileField {
        FileField(name) { value, path, context, root in
            root[keyPath: target] = context.wrapped(value, path) { inner, path, context in
                context.boolean(inner, path)
            }
        }
    }

    /// A wrapper of a string.
    static func wrappedString(
        _ name: String, _ target: any WritableKeyPath<Root, String?> & Sendable
    ) -> FileField {
        FileField(name) { value, path, context, root in
            root[keyPath: target] = context.wrapped(value, path) { inner, path, context in
                guard let text = context.string(inner) else {
                    context.wrong(inner, path, expected: "a string in quotes")
                    return nil
                }
                return text
            }
        }
    }

    /// `true` or `false`.
    static func boolean(
        _ name: String, _ target: any WritableKeyPath<Root, Bool?> & Sendable
    ) -> FileField {
        FileField(name) { value, path, context, root in
            root[keyPath: target] = context.boolean(value, path)
        }
    }

    /// A message with a table of its own.
    static func message<Inner: Sendable>(
        _ name: String, _ target: any WritableKeyPath<Root, Inner?> & Sendable,
        _ empty: Inner, _ table: [FileField<Inner>]
    ) -> FileField {
        FileField(name) { value, path, context, root in
            var inner = empty
            readMessage(value, path, table, &context, into: &inner)
            root[keyPath: target] = inner
        }
    }

    /// A field that cannot be honoured: an error with the reason.
    static func refused(_ name: String, _ reason: String) -> FileField {
        FileField(name, isRepeated: true) { value, path, context, _ in
            context.error(value.position, "'\(path)' is refused: \(reason)")
        }
    }

    /// A field without meaning here: a warning with the reason.
    static func meaningless(
        _ name: String, isRepeated: Bool = false, _ reason: String
    ) -> FileField {
        FileField(name, isRepeated: isRepeated) { value, path, context, _ in
            context.warning(value.position, "'\(path)' has no effect: \(reason)")
        }
    }
}

extension FileContext {
    /// The text of a string; in YAML any scalar is one.
    func string(_ value: TextProtobufValue) -> String? {
        guard case .scalar(let scalar) = value, notation == .yaml || scalar.kind == .string else {
            return nil
        }
        return scalar.text
    }

    /// A whole number; JSON writes large ones in quotes.
    mutating func integer(
        _ value: TextProtobufValue, _ path: String, _ range: ClosedRange<Int>
    ) -> Int? {
        if case .scalar(let scalar) = value {
            let isQuoted = notation == .yaml && scalar.kind == .string
            let number = isQuoted ? scalar.text.flatMap { Int($0) } : scalar.integer.map { Int($0) }
            if let number, range.contains(number) { return number }
        }
        let words =
            range.upperBound == .max
            ? "\(range.lowerBound) or more" : "from \(range.lowerBound) to \(range.upperBound)"
        wrong(value, path, expected: "a whole number, \(words)")
        return nil
    }

    mutating func boolean(_ value: TextProtobufValue, _ path: String) -> Bool? {
        if case .scalar(let scalar) = value, let boolean = scalar.boolean { return boolean }
        wrong(value, path, expected: "true or false")
        return nil
    }

    /// Reads what a wrapper message wraps.
    mutating func wrapped<Value>(
        _ value: TextProtobufValue, _ path: String,
        _ read: (TextProtobufValue, String, inout FileContext) -> Value?
    ) -> Value? {
        switch value {
        case .scalar where notation == .yaml: return read(value, path, &self)
        case .message(let message) where message.fields.map(\.name) == ["value"]:
            return read(message.fields[0].value, "\(path).value", &self)
        default:
            wrong(value, path, expected: "a wrapper with one field: { value: ... }")
            return nil
        }
    }
}
