import Glibc
import ServingCore
import Tensors
import Testing
import Wire

/// Every text is read both in front of much more text, where the quick way is taken, and at the very
/// end of the document, where the careful one is.
private func readBothWays<Bits: FixedWidthInteger & BitwiseCopyable>(
    _ texts: [String], _ type: ElementType, as bits: Bits.Type
) throws -> [(quick: Bits, careful: Bits)] {
    let padding = String(repeating: " ", count: 128)
    let quick = try readTensor("[" + texts.joined(separator: ",") + padding + "]", type)
        .values(as: Bits.self)
    return try zip(texts, quick).map { ($1, try readTensor($0, type).values(as: Bits.self)[0]) }
}

/// Decimal texts of every length and size, with and without fraction and exponent.
private func randomDecimals(_ count: Int, seed: UInt64) -> [String] {
    var generator = SeededGenerator(seed: seed)
    return (0..<count).map { _ in
        let digits = Int.random(in: 1...25, using: &generator)
        var text = Bool.random(using: &generator) ? "-" : ""
        text += "\(Int.random(in: 1...9, using: &generator))"
        for _ in 1..<max(digits, 2) { text += "\(Int.random(in: 0...9, using: &generator))" }
        let point = Int.random(in: 0...digits, using: &generator)
        if point > 0 { text += "." + String(text.suffix(1)) + "\(point)" }
        if Int.random(in: 0...2, using: &generator) == 0 {
            text += "e\(Int.random(in: -360...290, using: &generator))"
        } else if Bool.random(using: &generator) {
            text += "E-\(Int.random(in: 0...60, using: &generator))"
        }
        return text
    }
}

@Suite struct NumberReadingTests {
    @Test func readsRandomDecimalsAsStrtodDoes() throws {
        let texts = randomDecimals(20_000, seed: 1).filter { strtod($0, nil).isFinite }
        let read = try readBothWays(texts, .float64, as: UInt64.self)
        let wrong = zip(texts, read).filter { text, bits in
            let expected = strtod(text, nil).bitPattern
            return bits.quick != expected || bits.careful != expected
        }
        #expect(wrong.map(\.0) == [])
    }

    @Test func readsRandomDecimalsAsStrtofDoes() throws {
        let texts = randomDecimals(20_000, seed: 2).filter { strtof($0, nil).isFinite }
        let read = try readBothWays(texts, .float32, as: UInt32.self)
        let wrong = zip(texts, read).filter { text, bits in
            let expected = strtof(text, nil).bitPattern
            return bits.quick != expected || bits.careful != expected
        }
        #expect(wrong.map(\.0) == [])
    }

    @Test func readsTextOfRandomBitPatterns() throws {
        var generator = SeededGenerator(seed: 3)
        let doubles = (0..<20_000).map { _ in Double(bitPattern: generator.next()) }
            .filter(\.isFinite)
        let texts = doubles.map { printed("%.17g", $0) }
        let read = try readBothWays(texts, .float64, as: UInt64.self)
        let wrong = zip(doubles, read).filter { value, bits in
            bits.quick != value.bitPattern || bits.careful != value.bitPattern
        }
        #expect(wrong.map(\.0) == [])
    }

    /// The text in the middle between two neighbours goes to the even one; one digit more or less,
    /// however far behind, decides otherwise.
    @Test(arguments: [ElementType.float64, .float32, .float16, .bfloat16])
    func decidesTiesExactly(type: ElementType) throws {
        var generator = SeededGenerator(seed: 4)
        let fractionBits = [.float64: 52, .float32: 23, .float16: 10, .bfloat16: 7][type] ?? 0
        let unit: Double =
            [
                .float64: 0x1p-1022, .float32: 0x1p-126, .float16: 0x1p-14,
                .bfloat16: 0x1p-126,
            ][type] ?? 0
        for _ in 0..<300 {
            // A binary64 number holds each midpoint of the narrower formats; those of its own are
            // written as its half above 2^54, where they are integers.
            let significand =
                generator.next() >> UInt64(63 - fractionBits) | 1 << UInt64(fractionBits)
            let scale = Int.random(in: 0...8, using: &generator)
            let (text, lower) = midpoint(type, significand, scale, unit, fractionBits)
            let even = lower & 1 == 0 ? lower : lower + 1
            #expect(try bits(text, type) == even, "\(text)")
            #expect(try bits(text + "0000000000000000000000000000", type) == even, "\(text)")
            #expect(try bits(text + "000000000000000000000000001", type) == lower + 1, "\(text)")
            #expect(try bits(justBelow(text), type) == lower, "\(text)")
        }
    }

    /// The exact text halfway above a number, and the bits of that number.
    private func midpoint(
        _ type: ElementType, _ significand: UInt64, _ scale: Int, _ unit: Double, _ bits: Int
    ) -> (String, UInt64) {
        let exponentBits = UInt64(scale + 1) << UInt64(bits)
        let lower = exponentBits + (significand & (1 << UInt64(bits) - 1))
        if type == .float64 {
            // 2^55 and up: neighbours are 8 apart and more; the midpoint is an integer.
            let value = (significand * 2 + 1) << UInt64(scale % 8)
            let double = Double(significand) * 2 * Double(1 << (scale % 8))
            return ("\(value).0", double.bitPattern)
        }
        let step = unit / Double(1 << bits)
        let value = (Double(significand) + 0.5) * step * Double(1 << scale)
        return (printed("%.200f", value), lower)
    }

    private func bits(_ text: String, _ type: ElementType) throws -> UInt64 {
        let tensor = try readTensor(text, type)
        switch type.byteWidth {
        case 2: return UInt64(tensor.values(as: UInt16.self)[0])
        case 4: return UInt64(tensor.values(as: UInt32.self)[0])
        default: return tensor.values(as: UInt64.self)[0]
        }
    }

    /// The text with its last digit that is not zero one smaller, and nines behind it.
    private func justBelow(_ text: String) -> String {
        var bytes = Array(text.utf8)
        var index = bytes.count - 1
        while bytes[index] == UInt8(ascii: "0") || bytes[index] == UInt8(ascii: ".") {
            if bytes[index] == UInt8(ascii: "0") { bytes[index] = UInt8(ascii: "9") }
            index -= 1
        }
        bytes[index] -= 1
        return String(decoding: bytes, as: UTF8.self) + "999999"
    }

    @Test(
        arguments: [
            ("0", 0), ("-0", 0x8000_0000), ("-0.0e5", 0x8000_0000), ("1", 0x3F80_0000),
            ("3.4028235e38", 0x7F7F_FFFF), ("340282346638528859811704183484516925440", 0x7F7F_FFFF),
            // Half of the last step above the greatest number is the limit of what rounds down.
            ("340282356779733661637539395458142568447", 0x7F7F_FFFF),
            ("1.17549435e-38", 0x0080_0000), ("1.1754942e-38", 0x007F_FFFF),
            ("1e-45", 1), ("7.006492321624085e-46", 0), ("7.006492321624086e-46", 1),
            ("1e-400", 0), ("0e999999999999", 0), ("16777217", 0x4B80_0000),
            ("16777219", 0x4B80_0002), ("0.1", 0x3DCC_CCCD),
            ("NaN", 0x7FC0_0000), ("-Infinity", 0xFF80_0000), ("Inf", 0x7F80_0000),
        ] as [(String, UInt32)])
    func readsBoundaryValuesOfBinary32(text: String, expected: UInt32) throws {
        #expect(try readTensor(text, .float32).values(as: UInt32.self) == [expected])
        let padded = "[\(text)" + String(repeating: " ", count: 99) + "]"
        #expect(try readTensor(padded, .float32).values(as: UInt32.self) == [expected])
    }

    @Test(arguments: [
        (ElementType.float32, "340282356779733661637539395458142568448"),
        (.float32, "1e39"), (.float64, "1.7976931348623159e308"), (.float64, "1e400"),
        (.float16, "65520"), (.float64, "-1e99999999999999999999"),
        (.bfloat16, "3.4e38" + "9"),
    ])
    func refusesNumbersThatWouldBeInfinite(type: ElementType, text: String) {
        let found = message { () throws(ServingError) in _ = try readTensor(text, type) }
        #expect(found?.contains("infinity") == true, "\(found ?? "none")")
    }

    @Test func readsDigitsBeyondAnyPrecision() throws {
        let long = "0." + String(repeating: "3", count: 5000)
        #expect(try readTensor(long, .float64).values(as: Double.self) == [1.0 / 3.0])
        let shifted = "0." + String(repeating: "0", count: 3000) + "25e3001"
        #expect(try readTensor(shifted, .float64).values(as: Double.self) == [2.5])
        let whole = "1" + String(repeating: "0", count: 400) + "e-400"
        #expect(try readTensor(whole, .float32).values(as: Float.self) == [1])
        // 2^53 + 1 lies in the middle; a 1 at the very end, 2000 digits on, decides.
        let tie = "9007199254740993." + String(repeating: "0", count: 2000)
        #expect(try readTensor(tie, .float64).values(as: Double.self) == [9_007_199_254_740_992])
        #expect(
            try readTensor(tie + "1", .float64).values(as: Double.self) == [9_007_199_254_740_994])
    }

    @Test(arguments: [
        (ElementType.int8, "-128", "127", "128", "-129"),
        (.int16, "-32768", "32767", "32768", "-32769"),
        (.int32, "-2147483648", "2147483647", "2147483648", "-2147483649"),
        (
            .int64, "-9223372036854775808", "9223372036854775807", "9223372036854775808",
            "-9223372036854775809"
        ),
        (.uint8, "0", "255", "256", "-1"), (.uint16, "-0", "65535", "65536", "-1"),
        (.uint32, "0", "4294967295", "4294967296", "-1"),
        (.uint64, "0", "18446744073709551615", "18446744073709551616", "-1"),
    ])
    func keepsIntegersWithinTheirType(
        type: ElementType, least: String, greatest: String, above: String, below: String
    ) throws {
        let tensor = try readTensor("[\(least), \(greatest)]", type)
        #expect(tensor.shape.dimensions == [2])
        let words = try written(.openInference) { (writer) throws(ServingError) in
            try writer.tensor(tensor)
        }
        #expect(words == "[\(least == "-0" ? "0" : least),\(greatest)]")
        for text in [above, below, "1.0", "1e3", "99999999999999999999999", "true"] {
            let found = message { () throws(ServingError) in _ = try readTensor(text, type) }
            #expect(found?.contains("is not of expected type: \(type.tensorFlowName)") == true)
            let padded = "[\(text)" + String(repeating: " ", count: 99) + "]"
            let again = message { () throws(ServingError) in _ = try readTensor(padded, type) }
            #expect(again == found)
        }
    }
}
