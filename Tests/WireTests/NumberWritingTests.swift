import ServingCore
import Tensors
import Testing
import Wire

@Suite struct NumberWritingTests {
    /// The way TensorFlow Serving does it, with the C library's `printf`.
    private func reference(_ value: Double, precision: String, readsBack: (String) -> Bool)
        -> String
    {
        var text = printed("%.6g", value)
        if !readsBack(text) { text = printed(precision, value) }
        return text.contains(".") || text.contains("e") ? text : text + ".0"
    }

    private func elements(_ tensor: Tensor, _ options: JSONWriter.Options) throws -> [String] {
        let text = try written(options) { (writer) throws(ServingError) in
            writer.arraysOnOneLine = true
            try writer.flatTensor(tensor)
        }
        return text.dropFirst().dropLast().split(separator: ",").map {
            String($0.first == " " ? $0.dropFirst() : $0)
        }
    }

    @Test func writesBinary32AsTensorFlowServingDoes() throws {
        var generator = SeededGenerator(seed: 5)
        var values = (0..<10_000).map { _ in
            Float(bitPattern: UInt32(truncatingIfNeeded: generator.next()))
        }
        values += (0..<10_000).map { _ in
            Float(Int.random(in: -9_999_999...9_999_999, using: &generator))
                / [1, 10, 1000, 1_000_000, 0.001][Int.random(in: 0...4, using: &generator)]
        }
        values += (0..<5000).map { Float(bitPattern: UInt32($0)) }
        values = values.filter(\.isFinite)
        let tensor = try Tensor(.float32, .vector(values.count), values: values)
        let texts = try elements(tensor, .tensorFlowServing)
        let wrong = zip(values, texts).filter { value, text in
            text != reference(Double(value), precision: "%.9g") { Float($0) == value }
        }
        #expect(wrong.map(\.1) == [])
        #expect(texts.count == values.count)
    }

    @Test func writesBinary64AsTensorFlowServingDoes() throws {
        var generator = SeededGenerator(seed: 6)
        var values = (0..<10_000).map { _ in Double(bitPattern: generator.next()) }
        values += (0..<5000).map { _ in Double(Int.random(in: 0...99_999, using: &generator)) / 64 }
        values += (0..<2000).map { Double(bitPattern: UInt64($0)) }
        values = values.filter(\.isFinite)
        let tensor = try Tensor(.float64, .vector(values.count), values: values)
        let wrong = zip(values, try elements(tensor, .tensorFlowServing)).filter { value, text in
            text != reference(value, precision: "%.17g") { Double($0) == value }
        }
        #expect(wrong.map(\.1) == [])
    }

    /// Golden values of Python's `'%.6g' % x`, `'%.9g' % x` and `'%.17g' % x`.
    @Test(
        arguments: [
            (9_000_000, "9e+06"), (999_999, "999999.0"), (0.5, "0.5"), (0.0003, "0.0003"),
            (0.00003, "3e-05"), (555_557.5, "555557.5"), (0.1, "0.1"), (1.0 / 3, "0.333333343"),
            (16_777_216, "16777216.0"), (1e20, "1e+20"), (-0.0, "-0.0"),
            (3.4028235e38, "3.40282347e+38"),
            (1_048_576.125, "1048576.12"), (123_456.7, "123456.703"),
        ] as [(Float, String)])
    func writesGoldenValuesOfTensorFlowServing(value: Float, expected: String) throws {
        let text = try written(.tensorFlowServing) { (writer) throws(ServingError) in
            try writer.number(value)
        }
        #expect(text == expected)
    }

    /// Swift's own `description` is the shortest and nearest as well; only the notation differs.
    private func digits(_ text: String) -> Substring {
        let mantissa = text.prefix { $0 != "e" }.filter { $0 != "." && $0 != "-" }
        let tail = mantissa.drop { $0 == "0" }
        return tail.prefix(tail.count - tail.reversed().prefix { $0 == "0" }.count)
    }

    @Test func writesBinary64InTheFewestDigits() throws {
        var generator = SeededGenerator(seed: 7)
        var values = (0..<10_000).map { _ in Double(bitPattern: generator.next()) }
        values += (0..<2000).map { Double(bitPattern: UInt64($0)) }
        values += (1...2046).map { Double(bitPattern: UInt64($0) << 52) }
        values = values.filter(\.isFinite)
        let tensor = try Tensor(.float64, .vector(values.count), values: values)
        let wrong = zip(values, try elements(tensor, .openInference)).filter { value, text in
            Double(text) != value || digits(text) != digits(value.description)
        }
        #expect(wrong.map(\.1) == [])
    }

    @Test func writesBinary32InTheFewestDigits() throws {
        var generator = SeededGenerator(seed: 8)
        var values = (0..<10_000).map { _ in
            Float(bitPattern: UInt32(truncatingIfNeeded: generator.next()))
        }
        values += (0..<2000).map { Float(bitPattern: UInt32($0)) }
        values += (1...254).map { Float(bitPattern: UInt32($0) << 23) }
        values = values.filter(\.isFinite)
        let tensor = try Tensor(.float32, .vector(values.count), values: values)
        let wrong = zip(values, try elements(tensor, .openInference)).filter { value, text in
            Float(text) != value || digits(text) != digits(value.description)
        }
        #expect(wrong.map(\.1) == [])
    }

    /// Every number of the two narrow formats, through text and back.
    @Test(
        arguments: [ElementType.float16, .bfloat16],
        [JSONWriter.Options.openInference, .tensorFlowServing])
    func roundTripsEveryNarrowNumber(type: ElementType, options: JSONWriter.Options) throws {
        let exponent: UInt16 = type == .float16 ? 0x7C00 : 0x7F80
        let values = (UInt16.min...UInt16.max).filter { $0 & exponent != exponent }
        let tensor = try Tensor(type, .vector(values.count), values: values)
        let text = try written(options) { (writer) throws(ServingError) in
            try writer.tensor(tensor)
        }
        #expect(try readTensor(text, type).values(as: UInt16.self) == values)
    }

    @Test(
        arguments: [
            (1, "1.0"), (1e21, "1e21"), (1e20, "100000000000000000000.0"), (1.5e-7, "1.5e-7"),
            (1e-6, "0.000001"), (123.456, "123.456"), (-2.5, "-2.5"),
            (.leastNonzeroMagnitude, "5e-324"),
            (1.7976931348623157e308, "1.7976931348623157e308"), (0, "0.0"),
            (9_007_199_254_740_992, "9007199254740992.0"), (2e-44, "2e-44"),
        ] as [(Double, String)])
    func writesShortestInPlainOrScientificNotation(value: Double, expected: String) throws {
        let text = try written(.openInference) { (writer) throws(ServingError) in
            try writer.number(value)
        }
        #expect(text == expected)
    }

    @Test(arguments: [Float.nan, .infinity, -.infinity])
    func refusesNonFiniteNumbersUnlessTokensAreWanted(value: Float) throws {
        let tensor = try Tensor(.float32, .vector(2), values: [1, value])
        let found = message { () throws(ServingError) in
            _ = try written(.openInference) { (writer) throws(ServingError) in
                try writer.tensor(tensor)
            }
        }
        #expect(found?.contains("NaN or an infinity") == true)
        let text = try written(.tensorFlowServing) { (writer) throws(ServingError) in
            writer.arraysOnOneLine = true
            try writer.tensor(tensor)
        }
        let word = value.isNaN ? "NaN" : value < 0 ? "-Infinity" : "Infinity"
        #expect(text == "[1.0, \(word)]")
    }
}
