public import ServingCore

/// What stands at a reader's position.
public enum DocumentKind: String, Hashable, Sendable {
    case object, array, string, number, boolean, null
}

/// Walks the values of a JSON-like document without building a tree of it.
///
/// Every method reads at the position and moves behind what it read. A caller that enters an object
/// asks `nextKey` until it is nil and reads or skips one value after each key; an array likewise
/// with `nextElement`. Every value read consumes at least a byte, so that a walk ends.
public protocol DocumentReader {
    /// How far the reader has come, in bytes from the start.
    var offset: Int { get }

    /// The kind of the value at the position; does not move behind it.
    mutating func peekKind() throws(ServingError) -> DocumentKind
    /// Enters the object at the position.
    mutating func enterObject() throws(ServingError)
    /// The next key of the object; nil, having left it, at its end.
    mutating func nextKey() throws(ServingError) -> String?
    /// Enters the array at the position.
    mutating func enterArray() throws(ServingError)
    /// Whether another element follows; false, having left the array, at its end.
    mutating func nextElement() throws(ServingError) -> Bool
    /// Reads a string.
    mutating func readString() throws(ServingError) -> String
    /// Reads a number as binary64, correctly rounded.
    mutating func readDouble() throws(ServingError) -> Double
    /// Reads a number as binary32, correctly rounded (not twice).
    mutating func readFloat() throws(ServingError) -> Float
    /// Reads an integer of 64 bits; refuses fractions.
    mutating func readInteger() throws(ServingError) -> Int
    /// Reads a number: as an integer where it is written so and fits, else as binary64.
    mutating func readNumber() throws(ServingError) -> DocumentNumber
    /// Reads true or false.
    mutating func readBoolean() throws(ServingError) -> Bool
    /// Reads null.
    mutating func readNull() throws(ServingError)
    /// Moves behind the value at the position, of any kind and size.
    mutating func skipValue() throws(ServingError)
    /// Checks that nothing but white space is left.
    mutating func finish() throws(ServingError)
    /// The error for what stands at the position: `<words> at byte <offset>`.
    func failure(_ words: String) -> ServingError
}

/// A number of a document.
public enum DocumentNumber: Hashable, Sendable {
    /// Written without fraction and exponent, and within 64 bits.
    case integer(Int)
    /// Everything else.
    case real(Double)

    /// The value as binary64.
    public var double: Double {
        switch self {
        case .integer(let value): Double(value)
        case .real(let value): value
        }
    }
}

extension DocumentReader {
    /// Reads an array of numbers as binary32.
    ///
    /// - Throws: as `readFloat`; `model_invalid` for more than `maximum` elements.
    public mutating func readFloats(maximum: Int = .max) throws(ServingError) -> [Float] {
        var values: [Float] = []
        try enterArray()
        while try nextElement() {
            try require(values.count < maximum, "more than \(maximum) elements")
            values.append(try readFloat())
        }
        return values
    }

    /// Reads an array of numbers as binary64.
    ///
    /// - Throws: as `readDouble`; `model_invalid` for more than `maximum` elements.
    public mutating func readDoubles(maximum: Int = .max) throws(ServingError) -> [Double] {
        var values: [Double] = []
        try enterArray()
        while try nextElement() {
            try require(values.count < maximum, "more than \(maximum) elements")
            values.append(try readDouble())
        }
        return values
    }

    /// Reads an array of integers.
    ///
    /// - Throws: as `readInteger`; `model_invalid` for more than `maximum` elements.
    public mutating func readIntegers(maximum: Int = .max) throws(ServingError) -> [Int] {
        var values: [Int] = []
        try enterArray()
        while try nextElement() {
            try require(values.count < maximum, "more than \(maximum) elements")
            values.append(try readInteger())
        }
        return values
    }

    /// Reads an array of strings.
    ///
    /// - Throws: as `readString`; `model_invalid` for more than `maximum` elements.
    public mutating func readStrings(maximum: Int = .max) throws(ServingError) -> [String] {
        var values: [String] = []
        try enterArray()
        while try nextElement() {
            try require(values.count < maximum, "more than \(maximum) elements")
            values.append(try readString())
        }
        return values
    }

    /// Throws the words with the position when the condition does not hold.
    public func require(_ holds: Bool, _ words: @autoclosure () -> String) throws(ServingError) {
        if !holds { throw failure(words()) }
    }
}
