/// What a plain scalar means.
extension YAMLReader {
    /// Null, a boolean, a number, or text.
    static func resolved(_ text: String) -> YAMLValue {
        switch text {
        case "", "~", "null", "Null", "NULL": return .null
        case "true", "True", "TRUE": return .boolean(true)
        case "false", "False", "FALSE": return .boolean(false)
        case ".nan", ".NaN", ".NAN": return .number(.nan, written: text)
        case ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF":
            return .number(.infinity, written: text)
        case "-.inf", "-.Inf", "-.INF": return .number(-.infinity, written: text)
        default: break
        }
        guard isNumeric(text) else { return .text(text) }
        // A leading zero is octal to some readers and decimal to others: it stays text.
        let digits = text.utf8.drop { $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "+") }
        if digits.count > 1, digits.first == UInt8(ascii: "0"),
            digits.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 })
        {
            return .text(text)
        }
        if let value = Int(text) { return .integer(value) }
        if let value = Double(text) { return .number(value, written: text) }
        return .text(text)
    }

    /// Whether only digits, signs, one point and one exponent occur, and a digit in front.
    private static func isNumeric(_ text: String) -> Bool {
        var hasDigit = false
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39: hasDigit = true
            case UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "+"): break
            case UInt8(ascii: "e"), UInt8(ascii: "E"): guard hasDigit else { return false }
            default: return false
            }
        }
        return hasDigit
    }
}
