public import ServingCore

/// A model's `options:` for its engine: names and plain values, checked against what the engine knows.
public struct EngineOptions: Hashable, Sendable {
    /// A value as the configuration gives it.
    public enum Value: Hashable, Sendable, CustomStringConvertible {
        case boolean(Bool)
        case integer(Int)
        case text(String)
        /// Names with text values, for options that pass through to the framework.
        case mapping([String: String])

        public var description: String {
            switch self {
            case .boolean(let value): "\(value)"
            case .integer(let value): "\(value)"
            case .text(let value): "'\(value)'"
            case .mapping(let value):
                "{\(value.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: ", "))}"
            }
        }
    }

    /// The options by name.
    public let values: [String: Value]

    /// Wraps a mapping.
    public init(_ values: [String: Value]) {
        self.values = values
    }

    /// Refuses every option that the engine does not know.
    ///
    /// - Throws: `configuration_invalid` with the nearest known name.
    public func requireKnown(_ known: [String], engine: String) throws(ServingError) {
        for name in values.keys.sorted() where !known.contains(name) {
            throw ServingError(
                .configurationInvalid,
                "engine \(engine) has no option '\(name.clipped())'"
                    + NearestName.hint(for: name, among: known)
                    + " (options: \(known.sorted().joined(separator: ", ")))")
        }
    }

    /// An integer option within a range; nil when absent.
    ///
    /// - Throws: `configuration_invalid` for another kind of value or one out of range.
    public func integer(_ name: String, in range: ClosedRange<Int>) throws(ServingError) -> Int? {
        guard let value = values[name] else { return nil }
        guard case .integer(let number) = value, range.contains(number) else {
            throw wrong(name, value, "an integer from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// A yes-or-no option; nil when absent.
    ///
    /// - Throws: `configuration_invalid` for another kind of value.
    public func boolean(_ name: String) throws(ServingError) -> Bool? {
        guard let value = values[name] else { return nil }
        guard case .boolean(let flag) = value else { throw wrong(name, value, "true or false") }
        return flag
    }

    /// A text option; nil when absent.
    ///
    /// - Throws: `configuration_invalid` for another kind of value.
    public func text(_ name: String) throws(ServingError) -> String? {
        guard let value = values[name] else { return nil }
        guard case .text(let text) = value else { throw wrong(name, value, "text") }
        return text
    }

    /// One of several words; nil when absent.
    ///
    /// - Throws: `configuration_invalid` for anything else.
    public func choice(_ name: String, of words: [String]) throws(ServingError) -> String? {
        guard let value = values[name] else { return nil }
        guard case .text(let text) = value, words.contains(text) else {
            throw wrong(name, value, "one of \(words.joined(separator: ", "))")
        }
        return text
    }

    /// A mapping option; empty when absent.
    ///
    /// - Throws: `configuration_invalid` for another kind of value.
    public func mapping(_ name: String) throws(ServingError) -> [String: String] {
        guard let value = values[name] else { return [:] }
        guard case .mapping(let mapping) = value else {
            throw wrong(name, value, "a mapping of names to text")
        }
        return mapping
    }

    private func wrong(_ name: String, _ value: Value, _ expected: String) -> ServingError {
        ServingError(.configurationInvalid, "option '\(name)' is \(value); it must be \(expected)")
    }
}

/// One option of an engine, as its reference shows it.
public struct EngineOptionDescription: Hashable, Sendable {
    /// The name in `options:`.
    public let name: String
    /// The values that it may have: `off, basic, extended or all`.
    public let values: String
    /// What holds without it.
    public let defaultText: String
    /// What it does, in one sentence.
    public let meaning: String

    /// Describes.
    public init(name: String, values: String, defaultText: String, meaning: String) {
        self.name = name
        self.values = values
        self.defaultText = defaultText
        self.meaning = meaning
    }
}
