/// Reads `accept-encoding` (RFC 9110 section 12.5.3).
enum AcceptEncoding {
    /// Whether the client takes gzip at least as gladly as no compression.
    static func allowsGzip(_ value: String) -> Bool {
        var gzip: Int?
        var identity: Int?
        var rest: Int?
        for item in value.utf8.split(separator: UInt8(ascii: ",")) {
            let parts = item.split(separator: UInt8(ascii: ";"))
            guard let name = parts.first.map(lowered) else { continue }
            let quality = parts.dropFirst().first.map { thousandths(lowered($0)) } ?? 1000
            switch name {
            case "gzip", "x-gzip": gzip = quality
            case "identity": identity = quality
            case "*": rest = quality
            default: break
            }
        }
        let quality = gzip ?? rest ?? 0
        // Compression wins over an identity that is not named: that is what such a list asks for.
        return quality > 0 && quality >= (identity ?? 0)
    }

    private static func lowered(_ text: Substring.UTF8View) -> String {
        let bytes = text.filter { $0 != ByteClasses.space && $0 != ByteClasses.tab }
        return String(decoding: bytes.map(ByteClasses.lowered), as: UTF8.self)
    }

    /// `q=0.25` as 250; what is not a quality counts as 0, so that doubt means no compression.
    private static func thousandths(_ text: String) -> Int {
        guard text.hasPrefix("q=") else { return 0 }
        let digits = text.dropFirst(2)
        guard let first = digits.utf8.first, first == 0x30 || first == 0x31 else { return 0 }
        let fraction = digits.dropFirst()
        if fraction.isEmpty { return first == 0x31 ? 1000 : 0 }
        let decimals = fraction.dropFirst()
        guard fraction.first == ".", decimals.count <= 3,
            decimals.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 })
        else { return 0 }
        let padded = decimals + String(repeating: "0", count: 3 - decimals.count)
        return min(1000, (first == 0x31 ? 1000 : 0) + (Int(padded) ?? 0))
    }
}
