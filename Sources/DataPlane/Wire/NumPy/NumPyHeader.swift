import ServingCore
import Tensors

/// The header of an `.npy` file, format versions 1.0 to 3.0 (NumPy enhancement proposal 1).
public struct NumPyHeader: Sendable {
    /// The bytes that every such file starts with.
    public static let magic: [UInt8] = [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59]
    /// Longest header that is looked at; NumPy itself stops at 10 000 characters.
    static let textBytesMaximum = 10_000

    /// How the elements are stored.
    enum Kind: Hashable, Sendable {
        case number(ElementType)
        /// `S`: bytes, padded with zeros to a width.
        case byteStrings
        /// `U`: UTF-32, padded with zeros to a width.
        case texts
    }

    let kind: Kind
    /// Bytes of one element in the file.
    let elementBytes: Int
    let isBigEndian: Bool
    let isFortranOrder: Bool
    let shape: Shape
    /// Where the elements start.
    let dataOffset: Int

    /// Reads the header.
    ///
    /// - Throws: `invalid_request` for a malformed one; `unsupported` for objects and structures.
    init(_ bytes: [UInt8]) throws(ServingError) {
        guard bytes.starts(with: Self.magic), bytes.count >= 10 else {
            throw ServingError(.invalidRequest, "this is not an .npy file, or it is cut short")
        }
        let version = bytes[6]
        guard (1...3).contains(version) else {
            throw ServingError(
                .unsupported, "the file has .npy format \(version).\(bytes[7]); 1 to 3 are read")
        }
        let lengthBytes = version == 1 ? 2 : 4
        let start = 8 + lengthBytes
        guard bytes.count >= start else { throw Self.cut }
        let length = (0..<lengthBytes).reduce(0) { $0 | Int(bytes[8 + $1]) << (8 * $1) }
        guard length <= Self.textBytesMaximum else {
            throw ServingError(
                .invalidRequest,
                "the .npy header says it has \(length) bytes; \(Self.textBytesMaximum) is the limit"
            )
        }
        guard bytes.count >= start + length else { throw Self.cut }
        var literal = PythonLiteral(bytes[start..<start + length])
        let fields = try literal.header()
        (kind, elementBytes, isBigEndian) = try Self.type(fields.descr)
        isFortranOrder = fields.fortranOrder
        shape = try Shape(fields.shape)
        dataOffset = start + length
    }

    private static var cut: ServingError {
        ServingError(.invalidRequest, "the .npy file is cut short in its header")
    }

    /// Reads a type such as `<f4`, `|b1`, `>U5`.
    private static func type(_ descr: String) throws(ServingError) -> (Kind, Int, Bool) {
        let characters = Array(descr.utf8)
        guard characters.count >= 3, "<>|=".utf8.contains(characters[0]),
            (0x30...0x39).contains(characters[2]),
            let width = Int(descr.dropFirst(2)), (0...1 << 24).contains(width)
        else { throw refused(descr) }
        let isBigEndian = characters[0] == UInt8(ascii: ">")
        switch (characters[1], width) {
        case (UInt8(ascii: "S"), 1...): return (.byteStrings, width, false)
        case (UInt8(ascii: "U"), 1...): return (.texts, width * 4, isBigEndian)
        case (let letter, _):
            guard let type = numbers["\(Character(UnicodeScalar(letter)))\(width)"] else {
                throw refused(descr)
            }
            return (.number(type), width, isBigEndian)
        }
    }

    private static let numbers: [String: ElementType] = [
        "b1": .bool, "i1": .int8, "i2": .int16, "i4": .int32, "i8": .int64, "u1": .uint8,
        "u2": .uint16, "u4": .uint32, "u8": .uint64, "f2": .float16, "f4": .float32,
        "f8": .float64,
    ]

    private static func refused(_ descr: String) -> ServingError {
        ServingError(
            .unsupported,
            "the array's type '\(descr.clipped(to: 80))' is not read; bool, int, uint, float16 to "
                + "float64, S and U are: convert it with astype()")
    }
}

/// Reads the one Python expression of an `.npy` header: a dictionary of three known keys.
struct PythonLiteral {
    private var bytes: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
    }

    mutating func header() throws(ServingError)
        -> (descr: String, fortranOrder: Bool, shape: [Int])
    {
        var descr: String?
        var order: Bool?
        var shape: [Int]?
        try expect("{")
        while !take("}") {
            let key = try string()
            try expect(":")
            switch key {
            case "descr" where descr == nil:
                if peek() == UInt8(ascii: "[") {
                    throw ServingError(
                        .unsupported,
                        "the array is structured (it has named fields); save each field by itself")
                }
                descr = try string()
            case "fortran_order" where order == nil: order = try boolean()
            case "shape" where shape == nil: shape = try tuple()
            default:
                throw malformed("the key '\(key.clipped(to: 40))' is unknown or there twice")
            }
            if !take(",") {
                try expect("}")
                break
            }
        }
        guard let descr, let order, let shape, peek() == nil else {
            throw malformed("it needs descr, fortran_order and shape, and nothing else")
        }
        return (descr, order, shape)
    }

    private mutating func peek() -> UInt8? {
        bytes = bytes.drop { [0x20, 0x09, 0x0A, 0x0D].contains($0) }
        return bytes.first
    }

    private mutating func take(_ text: String) -> Bool {
        guard peek() != nil, bytes.starts(with: text.utf8) else { return false }
        bytes = bytes.dropFirst(text.utf8.count)
        return true
    }

    private mutating func expect(_ text: String) throws(ServingError) {
        guard take(text) else { throw malformed("'\(text)' is missing") }
    }

    private mutating func string() throws(ServingError) -> String {
        guard let quote = peek(), quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"") else {
            throw malformed("a quoted text is missing")
        }
        bytes = bytes.dropFirst()
        let content = bytes.prefix { $0 != quote && $0 != UInt8(ascii: "\\") }
        guard bytes.dropFirst(content.count).first == quote else {
            throw malformed("a text is not closed")
        }
        bytes = bytes.dropFirst(content.count + 1)
        return String(decoding: content, as: UTF8.self)
    }

    private mutating func boolean() throws(ServingError) -> Bool {
        if take("True") { return true }
        if take("False") { return false }
        throw malformed("fortran_order is neither True nor False")
    }

    private mutating func tuple() throws(ServingError) -> [Int] {
        var values: [Int] = []
        try expect("(")
        while !take(")") {
            _ = peek()
            let digits = bytes.prefix { (0x30...0x39).contains($0) }
            guard let value = Int(String(decoding: digits, as: UTF8.self)),
                values.count < Limits.tensorRankMaximum
            else { throw malformed("the shape is no tuple of numbers, or too long") }
            bytes = bytes.dropFirst(digits.count)
            // Python 2 wrote long integers so.
            _ = take("L")
            values.append(value)
            if !take(",") {
                try expect(")")
                break
            }
        }
        return values
    }

    private func malformed(_ what: String) -> ServingError {
        ServingError(.invalidRequest, "the .npy header is malformed: \(what)")
    }
}
