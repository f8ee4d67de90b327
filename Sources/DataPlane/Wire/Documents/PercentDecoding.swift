public import ServingCore

/// Percent-encoding in URL paths (RFC 3986, section 2.1).
public enum PercentDecoding {
    /// Decodes one segment of a path; `+` stands for itself.
    ///
    /// - Throws: `invalid_request` for `%` without two hexadecimal digits, for `%00`, and when the
    ///   result is no UTF-8.
    public static func decode(_ segment: some StringProtocol) throws(ServingError) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(segment.utf8.count)
        var digits = segment.utf8.makeIterator()
        while let byte = digits.next() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = digits.next().flatMap(hexadecimal),
                let low = digits.next().flatMap(hexadecimal)
            else { throw failure(segment, "has a '%' without two hexadecimal digits behind it") }
            bytes.append(high << 4 | low)
        }
        guard !bytes.contains(0) else { throw failure(segment, "holds a NUL") }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw failure(segment, "is no UTF-8 when decoded")
        }
        return text
    }

    private static func hexadecimal(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    private static func failure(_ segment: some StringProtocol, _ what: String) -> ServingError {
        ServingError(.invalidRequest, "the path segment '\(segment.clipped())' \(what)")
    }
}
