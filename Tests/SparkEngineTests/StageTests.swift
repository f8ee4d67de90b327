import ServingCore
import Testing

@testable import SparkEngine

/// Small parts of stages, by examples worked out by hand or with the JVM.
@Suite struct StageTests {
    @Test(
        arguments: [
            ("\\s", "a b  c ", true, ["a", "b", "", "c"]), ("\\s+", " a b", true, ["", "a", "b"]),
            ("\\W+", "It's 2.5, naïve", true, ["It", "s", "2", "5", "na", "ve"]),
            ("[a-z0-9]+", "ab-9 C", false, ["ab", "9"]), ("\\d", "a12", false, ["1", "2"]),
            (",", "a,,b,", true, ["a", "", "b"]), ("[^,;]+", "x,é;", false, ["x", "é"]),
            ("\\s", "", true, [""]), ("\\s", "  ", true, []),
        ] as [(String, String, Bool, [String])])
    func cutsTextAsJavaDoes(pattern: String, text: String, isGap: Bool, words: [String]) throws {
        let rule = TokenRule(
            pattern: try #require(CharacterPattern(pattern)), isGap: isGap, lowers: false,
            lengthMinimum: 0)
        let slots = [Slot(index: 0, kind: .text), Slot(index: 1, kind: .words)]
        let frame = Frame(slots)
        frame.rows = 1
        let bytes = Array(text.utf8)
        bytes.withUnsafeBytes { bytes in
            frame.texts[0][0] = TextSpan(start: bytes.baseAddress, count: bytes.count)
            try? TokenizerKernel(input: slots[0], output: slots[1], rule: rule).run(frame)
        }
        let rows = frame.words[1]
        #expect(rows.words.map { String(decoding: rows.bytes[$0], as: UTF8.self) } == words)
    }

    @Test(arguments: ["(a|b)", "a+b", "[a-z]*", "\\b", "[[a]]", "é", "[é]", "", "+", "[]", "."])
    func knowsThatAPatternIsMoreThanAClass(pattern: String) {
        #expect(CharacterPattern(pattern) == nil)
    }

    @Test func countsProducts() {
        #expect(PolynomialExpansion.size(3, 2) == 10)
        #expect(PolynomialExpansion.size(0, 5) == 1)
        #expect(PolynomialExpansion.size(10, 10) == 184_756)
        #expect(PolynomialExpansion.size(4096, 100) == nil)
    }

    @Test func findsTextsByTheirBytes() {
        let table = TextTable(["b", "", "a", "b", "é"])
        func find(_ text: String) -> Int? { Array(text.utf8).withUnsafeBytes { table.find($0) } }
        #expect(find("b") == 0)
        #expect(find("") == 1)
        #expect(find("é") == 4)
        #expect(find("c") == nil)
        #expect(table.numbers() == [:])
        #expect(TextTable(["1.0", "2"]).numbers() == [1: 0, 2: 1])
    }
}
