/// The text of `grpc-message`: visible ASCII and spaces as they are, other bytes of the UTF-8 text and
/// the percent sign as `%XX`.
public enum GRPCMessageText {
    private static let digits = Array("0123456789ABCDEF".utf8)

    /// Encodes text, clipped at a character to so many bytes before encoding.
    public static func encoded(_ text: String, bytesMaximum: Int) -> String {
        let isShort = text.utf8.count <= bytesMaximum
        if isShort, text.utf8.allSatisfy(isPlain) { return text }
        var bytes: [UInt8] = []
        var count = 0
        for character in text.unicodeScalars {
            let utf8 = UTF8.encode(character)
            count += utf8?.count ?? 0
            if count > bytesMaximum { break }
            for byte in utf8 ?? .init() { append(byte, to: &bytes) }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Decodes text; a percent sign without two digits stands for itself.
    public static func decoded(_ text: String) -> String {
        let source = Array(text.utf8)
        var bytes: [UInt8] = []
        var index = 0
        while index < source.count {
            if source[index] == UInt8(ascii: "%"), index + 2 < source.count,
                let high = Character(UnicodeScalar(source[index + 1])).hexDigitValue,
                let low = Character(UnicodeScalar(source[index + 2])).hexDigitValue
            {
                bytes.append(UInt8(high << 4 | low))
                index += 3
            } else {
                bytes.append(source[index])
                index += 1
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        (0x20...0x7E).contains(byte) && byte != UInt8(ascii: "%")
    }

    private static func append(_ byte: UInt8, to bytes: inout [UInt8]) {
        if isPlain(byte) { return bytes.append(byte) }
        bytes.append(UInt8(ascii: "%"))
        bytes.append(digits[Int(byte >> 4)])
        bytes.append(digits[Int(byte & 15)])
    }
}
