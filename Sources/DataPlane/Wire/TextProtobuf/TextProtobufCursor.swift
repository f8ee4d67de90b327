import ServingCore

/// A place in a text, and the tokens that begin there.
struct TextProtobufCursor {
    private let bytes: [UInt8]
    private(set) var index = 0
    private(set) var position = TextProtobufPosition(line: 1, column: 1)

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        // Some editors put a mark in front that says UTF-8; it takes no column.
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { index = 3 }
    }

    /// The next byte; nil at the end.
    var byte: UInt8? { index < bytes.count ? bytes[index] : nil }

    /// Goes past a byte that is there.
    mutating func advance() {
        let byte = bytes[index]
        index += 1
        if byte == 0x0A {
            position.line += 1
            position.column = 1
        } else if byte & 0xC0 != 0x80 {
            position.column += 1
        }
    }

    mutating func skipSpace() {
        while let byte {
            switch byte {
            case 0x20, 0x09...0x0D: advance()
            case UInt8(ascii: "#"): skipLine()
            default: return
            }
        }
    }

    private mutating func skipLine() {
        while let byte, byte != 0x0A { advance() }
    }

    /// Takes the bytes for which a condition holds.
    mutating func take(while condition: (_ byte: UInt8) -> Bool) -> ArraySlice<UInt8> {
        let start = index
        while let byte, condition(byte) { advance() }
        return bytes[start..<index]
    }

    func problem(_ message: String) -> TextProtobufProblem { .init(position, message) }

    /// The next character in words.
    var found: String {
        guard let byte else { return "the end" }
        if byte == 0x0A { return "the end of the line" }
        guard (0x20..<0x7F).contains(byte) else {
            return "the byte 0x" + String(byte, radix: 16, uppercase: true)
        }
        return "'\(Unicode.Scalar(byte))'"
    }

    mutating func fieldName() throws(TextProtobufProblem) -> String {
        guard let byte, Self.beginsName(byte) else {
            throw problem("expected a field name, found \(found)")
        }
        return String(decoding: take(while: Self.continuesName), as: UTF8.self)
    }

    /// Reads `[name.of.extension]` or `[domain/name.of.type]`; spaces in it do not count.
    mutating func bracketedName() throws(TextProtobufProblem) -> String {
        advance()
        var name = ""
        while true {
            skipSpace()
            if byte == UInt8(ascii: "]"), !name.isEmpty { break }
            let part = take { Self.continuesName($0) || [0x2D, 0x2E, 0x2F].contains($0) }
            guard !part.isEmpty else {
                throw problem("expected the name of an extension or a type, found \(found)")
            }
            name += String(decoding: part, as: UTF8.self)
        }
        advance()
        return name
    }

    mutating func scalar() throws(TextProtobufProblem) -> TextProtobufScalar {
        let start = position
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "'"):
            return TextProtobufScalar(kind: .string, bytes: try strings(), position: start)
        case UInt8(ascii: "-"):
            advance()
            skipSpace()
            var scalar = try plainScalar(at: start, isNegative: true)
            scalar.bytes.insert(UInt8(ascii: "-"), at: 0)
            return scalar
        default:
            return try plainScalar(at: start, isNegative: false)
        }
    }

    private mutating func plainScalar(
        at start: TextProtobufPosition, isNegative: Bool
    ) throws(TextProtobufProblem) -> TextProtobufScalar {
        guard let byte else { throw problem("expected a value, found the end") }
        if Self.beginsName(byte) {
            let name = Array(take(while: Self.continuesName))
            if isNegative { try checkNegative(name, start) }
            return TextProtobufScalar(kind: .identifier, bytes: name, position: start)
        }
        guard Self.isDigit(byte) || byte == UInt8(ascii: ".") else {
            throw problem("expected a value, found \(found)")
        }
        let digits = numberToken()
        guard TextProtobufNumber.isValid(digits) else {
            throw TextProtobufProblem(
                start, "'\(String(decoding: digits, as: UTF8.self).clipped(to: 80))' is no number")
        }
        return TextProtobufScalar(kind: .number, bytes: digits, position: start)
    }

    private func checkNegative(
        _ name: [UInt8], _ start: TextProtobufPosition
    ) throws(TextProtobufProblem) {
        let word = String(decoding: name, as: UTF8.self)
        guard ["inf", "infinity", "nan"].contains(word.lowercased()) else {
            throw TextProtobufProblem(
                start, "'-' can only stand before a number, not '\(word.clipped(to: 80))'")
        }
    }

    /// Takes what belongs to a number, a sign after the exponent's letter too.
    private mutating func numberToken() -> [UInt8] {
        var previous: UInt8 = 0
        var isHexadecimal = false
        return Array(
            take { byte in
                let isSign = byte == UInt8(ascii: "-") || byte == UInt8(ascii: "+")
                let afterExponent = !isHexadecimal && previous | 0x20 == UInt8(ascii: "e")
                let belongs =
                    isSign
                    ? afterExponent : Self.continuesName(byte) || byte == UInt8(ascii: ".")
                if byte | 0x20 == UInt8(ascii: "x") { isHexadecimal = true }
                previous = byte
                return belongs
            })
    }

    static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    private static func beginsName(_ byte: UInt8) -> Bool {
        (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte == 0x5F
    }

    private static func continuesName(_ byte: UInt8) -> Bool { beginsName(byte) || isDigit(byte) }
}
