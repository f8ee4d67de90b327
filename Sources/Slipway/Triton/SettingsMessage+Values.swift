import ServingCore
import Wire

extension SettingsMessage {
    /// The only scalar of a field; nil when it is absent.
    func scalar(_ name: String) throws(ServingError) -> TextProtobufScalar? {
        let values = values(name)
        guard let value = values.first else { return nil }
        guard values.count == 1 else { throw wrong(name, "is given \(values.count) times") }
        guard case .scalar(let scalar) = value else { throw wrong(name, "must be a plain value") }
        return scalar
    }

    /// A text; nil when it is absent or empty, which mean the same.
    func text(_ name: String) throws(ServingError) -> String? {
        guard let scalar = try scalar(name) else { return nil }
        guard scalar.kind == .string, let text = scalar.text, !text.utf8.contains(0) else {
            throw wrong(name, "must be text in quotes")
        }
        return text.isEmpty ? nil : text
    }

    /// A whole number within a range.
    func integer(_ name: String, in range: ClosedRange<Int>) throws(ServingError) -> Int? {
        guard let scalar = try scalar(name) else { return nil }
        return try integer(scalar, name, range)
    }

    /// The whole numbers of a repeated field.
    func integers(_ name: String, in range: ClosedRange<Int>) throws(ServingError) -> [Int] {
        var result: [Int] = []
        for value in values(name) {
            guard case .scalar(let scalar) = value else {
                throw wrong(value.position, "'\(path)\(name)' must hold whole numbers")
            }
            result.append(try integer(scalar, name, range))
        }
        return result
    }

    private func integer(_ scalar: TextProtobufScalar, _ name: String, _ range: ClosedRange<Int>)
        throws(ServingError) -> Int
    {
        var number = scalar.integer
        if form == .json, scalar.kind == .string { number = scalar.text.flatMap { Int64($0) } }
        guard let number, range.contains(Int(number)) else {
            throw wrong(
                scalar.position,
                "'\(path)\(name)' is \(shown(scalar)); it must be a whole number from "
                    + "\(range.lowerBound) to \(range.upperBound)")
        }
        return Int(number)
    }

    /// A yes or no; false when it is absent, as protobuf has it.
    func boolean(_ name: String) throws(ServingError) -> Bool {
        guard let scalar = try scalar(name) else { return false }
        guard let boolean = scalar.boolean else {
            throw wrong(
                scalar.position, "'\(path)\(name)' is \(shown(scalar)); it must be true or false")
        }
        return boolean
    }

    /// A name of an enumeration.
    func word(_ name: String, of words: [String]) throws(ServingError) -> String? {
        guard let scalar = try scalar(name) else { return nil }
        guard let word = scalar.text, words.contains(word),
            scalar.kind == .identifier || form == .json
        else {
            throw wrong(
                scalar.position,
                "'\(path)\(name)' is \(shown(scalar)); it must be one of "
                    + words.joined(separator: ", ")
                    + NearestName.hint(for: scalar.text ?? "", among: words))
        }
        return word
    }

    /// The messages of a repeated field.
    func messages(_ name: String) throws(ServingError) -> [SettingsMessage] {
        let values = values(name)
        var result: [SettingsMessage] = []
        for (index, value) in values.enumerated() {
            guard case .message(let message) = value else {
                throw wrong(value.position, "'\(path)\(name)' must be a message in { }")
            }
            let place = values.count > 1 ? "\(path)\(name)[\(index)]." : "\(path)\(name)."
            result.append(SettingsMessage(message, form, source: source, path: place))
        }
        return result
    }

    /// The message of a field; nil when it is absent.
    func message(_ name: String) throws(ServingError) -> SettingsMessage? {
        let found = try messages(name)
        guard found.count <= 1 else { throw wrong(name, "is given \(found.count) times") }
        return found.first
    }

    /// The entries of a map whose values are messages, in the order written.
    func map(_ name: String) throws(ServingError) -> [(key: String, value: SettingsMessage)] {
        var result: [(key: String, value: SettingsMessage)] = []
        for entry in try messages(name) {
            if form == .json {
                for field in entry.message.fields {
                    guard case .message(let value) = field.value else {
                        throw wrong(field.position, "'\(path)\(name)' must hold messages in { }")
                    }
                    result.append(
                        (
                            field.name,
                            SettingsMessage(
                                value, form, source: source,
                                path: "\(path)\(name)[\"\(field.name.clipped(to: 80))\"].")
                        ))
                }
            } else {
                try entry.check(["key", "value"])
                guard let key = try entry.text("key"), let value = try entry.message("value")
                else { throw entry.wrong("key", "and 'value' must both be there") }
                result.append((key, value))
            }
        }
        var keys: Set<String> = []
        for entry in result where !keys.insert(entry.key).inserted {
            throw wrong(name, "has the key '\(entry.key.clipped(to: 80))' twice")
        }
        return result
    }

    private func shown(_ scalar: TextProtobufScalar) -> String {
        "'\((scalar.text ?? "bytes that are no text").clipped(to: 80))'"
    }
}
