// So that small documents read in code like the JSON that they are.

extension JSONValue: ExpressibleByDictionaryLiteral {
    /// Keeps the literal's order; the last of equal names wins.
    public init(dictionaryLiteral elements: (String, JSONValue)...) {
        var object = JSONObject()
        for (key, value) in elements { object[key] = value }
        self = .object(object)
    }
}

extension JSONValue: ExpressibleByArrayLiteral {
    /// An array of those values.
    public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
}

extension JSONValue: ExpressibleByStringLiteral {
    /// That text.
    public init(stringLiteral value: String) { self = .string(value) }
}

extension JSONValue: ExpressibleByIntegerLiteral {
    /// That integer.
    public init(integerLiteral value: Int64) { self = .integer(value) }
}
