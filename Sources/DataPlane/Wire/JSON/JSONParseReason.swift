/// The reasons in `JSON Parse error: <reason> at offset: N`, in the words that clients of TensorFlow
/// Serving know.
enum JSONParseReason {
    static let empty = "The document is empty."
    static let trailingBytes = "The document root must not be followed by other values."
    static let invalidValue = "Invalid value."
    static let missingName = "Missing a name for object member."
    static let missingColon = "Missing a colon after a name of object member."
    static let missingObjectComma = "Missing a comma or '}' after an object member."
    static let missingArrayComma = "Missing a comma or ']' after an array element."
    static let invalidHex = "Incorrect hex digit after \\u escape in string."
    static let invalidSurrogate = "The surrogate pair in string is invalid."
    static let invalidEscape = "Invalid escape character in string."
    static let unclosedString = "Missing a closing quotation mark in string."
    static let invalidEncoding = "Invalid encoding in string."
    static let numberTooBig = "Number too big to be stored in double."
    static let missingFraction = "Miss fraction part in number."
    static let missingExponent = "Miss exponent in number."
}
