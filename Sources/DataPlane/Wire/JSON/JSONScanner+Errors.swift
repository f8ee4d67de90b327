public import ServingCore

extension JSONScanner {
    /// `JSON Parse error: <reason> at offset: N`, as TensorFlow Serving words it.
    public func parseError(_ reason: String) -> ServingError {
        // TensorFlow Serving itself refuses a body of no bytes, with these words.
        if start == end {
            return ServingError(.invalidRequest, "JSON Parse error: The document is empty")
        }
        return ServingError(
            .invalidRequest, "JSON Parse error: \(reason) at offset: \(offset)")
    }

    /// The value at the position is well-formed but of the wrong kind.
    func kindError(expected: String) -> ServingError {
        ServingError(
            .invalidRequest,
            "JSON Value: \(valueDescription()) Type: \(typeName()) at offset: \(offset)"
                + " is not the \(expected) that was expected")
    }

    /// What TensorFlow Serving calls the kind of the value at the position: `Number`, `String`,
    /// `Object`, `Array`, `True`, `False` or `Null`.
    public func typeName() -> String {
        var place = self
        guard let kind = try? place.peekKind() else { return "Invalid" }
        switch kind {
        case .object: return "Object"
        case .array: return "Array"
        case .string: return "String"
        case .number: return "Number"
        case .boolean: return place.current == UInt8(ascii: "t") ? "True" : "False"
        case .null: return "Null"
        }
    }
}
