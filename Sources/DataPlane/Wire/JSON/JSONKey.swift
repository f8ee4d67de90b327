import Glibc

/// The name of an object's member, borrowed from the document.
public struct JSONKey {
    private let text: JSONText

    init(_ text: JSONText) {
        self.text = text
    }

    /// Whether the name is this text; allocates only for a name with escapes.
    public func equals(_ other: StaticString) -> Bool {
        guard !text.hasEscapes else { return string == other.description }
        return text.count == other.utf8CodeUnitCount
            && memcmp(text.start, other.utf8Start, text.count) == 0
    }

    /// Whether the name is this text, byte by byte.
    public func equals(_ other: String) -> Bool {
        guard !text.hasEscapes else { return string.utf8.elementsEqual(other.utf8) }
        let bytes = UnsafeBufferPointer(start: text.start, count: text.count)
        return text.count == other.utf8.count && bytes.elementsEqual(other.utf8)
    }

    /// The name as a string of its own.
    public var string: String { text.string }
}

/// The characters between two quotation marks, already checked, still with their escapes.
struct JSONText {
    let start: UnsafePointer<UInt8>
    let count: Int
    let hasEscapes: Bool

    /// The text with its escapes replaced.
    var string: String {
        guard hasEscapes else {
            return String(
                decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
        }
        return String(unsafeUninitializedCapacity: count) { unescape(to: $0.baseAddress) }
    }

    /// Writes the text with its escapes replaced, at most `count` bytes, and returns how many.
    func unescape(to output: UnsafeMutablePointer<UInt8>?) -> Int {
        guard let output else { return 0 }
        var written = 0
        var index = 0
        while index < count {
            let byte = start[index]
            if byte != UInt8(ascii: "\\") {
                output[written] = byte
                written += 1
                index += 1
                continue
            }
            let scalar: UInt32
            (scalar, index) = escape(at: index)
            // Checked when the string was scanned: never a lone surrogate.
            guard let unicode = Unicode.Scalar(scalar) else { continue }
            for unit in UTF8.encode(unicode).unsafelyUnwrapped {
                output[written] = unit
                written += 1
            }
        }
        return written
    }

    /// The code point that the escape stands for, and the index behind it.
    private func escape(at index: Int) -> (UInt32, Int) {
        switch start[index + 1] {
        case UInt8(ascii: "b"): return (0x08, index + 2)
        case UInt8(ascii: "f"): return (0x0C, index + 2)
        case UInt8(ascii: "n"): return (0x0A, index + 2)
        case UInt8(ascii: "r"): return (0x0D, index + 2)
        case UInt8(ascii: "t"): return (0x09, index + 2)
        case UInt8(ascii: "u"):
            let unit = Self.hex4(start + index + 2) ?? 0
            guard unit & 0xFC00 == 0xD800 else { return (unit, index + 6) }
            let low = Self.hex4(start + index + 8) ?? 0
            return (0x10000 + (unit - 0xD800) << 10 + (low & 0x3FF), index + 12)
        case let byte: return (UInt32(byte), index + 2)
        }
    }

    /// Four hexadecimal digits; nil when one is not. Reads four bytes.
    static func hex4(_ digits: UnsafePointer<UInt8>) -> UInt32? {
        var value: UInt32 = 0
        for index in 0..<4 {
            let byte = digits[index]
            let digit: UInt8
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
            default: return nil
            }
            value = value << 4 | UInt32(digit)
        }
        return value
    }
}
