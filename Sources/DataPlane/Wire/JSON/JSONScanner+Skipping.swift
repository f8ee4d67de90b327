public import ServingCore

extension JSONScanner {
    /// Moves behind the next value, of any kind and size, and checks that it is well-formed.
    ///
    /// - Throws: `invalid_request` when it is not, or nested deeper than `Limits.jsonDepthMaximum`.
    public mutating func skipValue() throws(ServingError) {
        switch try peekKind() {
        case .object:
            try enter()
            while try nextKey() != nil { try skipValue() }
        case .array:
            try enter()
            while try nextElement() { try skipValue() }
        case .string: _ = try scanString()
        case .number:
            if skipPlainNumber() { return }
            if try scanNumber() == nil { _ = try scanNonFinite() }
        case .boolean: try skipWord(current == UInt8(ascii: "t") ? "true" : "false")
        case .null: try skipWord("null")
        }
    }

    /// Moves behind a number that the quick scan knows; false, without moving, otherwise.
    @inline(__always)
    private mutating func skipPlainNumber() -> Bool {
        guard remaining >= QuickDecimal.window else { return false }
        var number = QuickDecimal()
        guard let next = QuickDecimal.scan(position, into: &number, .shared) else { return false }
        position = next
        return true
    }

    /// Whether the value at the position is `{"b64": "<string>"}`, with that key and no other.
    public var isBase64Object: Bool {
        var place = self
        do throws(ServingError) {
            guard try place.peekKind() == .object else { return false }
            try place.enter()
            guard let key = try place.nextKey(), key.equals("b64"),
                try place.peekKind() == .string
            else { return false }
            _ = try place.scanString()
            return try place.nextKey() == nil
        } catch {
            return false
        }
    }
}
