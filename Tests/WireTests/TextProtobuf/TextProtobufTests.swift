import ServingCore
import Testing
import Wire

@Suite struct TextProtobufTests {
    private func parse(_ text: String) throws(TextProtobufProblem) -> TextProtobufMessage {
        try TextProtobufParser.message(of: Array(text.utf8))
    }

    private func scalar(_ text: String) throws -> TextProtobufScalar {
        let field = try #require(try parse("x: \(text)").fields.first)
        guard case .scalar(let scalar) = field.value else { throw Unexpected() }
        return scalar
    }

    private struct Unexpected: Error {}

    /// The tree as text, without positions.
    private func shape(_ message: TextProtobufMessage) -> String {
        message.fields.map { field in
            (field.isBracketed ? "[\(field.name)]" : field.name) + "=" + shape(field.value)
        }.joined(separator: " ")
    }

    private func shape(_ value: TextProtobufValue) -> String {
        switch value {
        case .scalar(let scalar): "\(scalar.kind.rawValue.prefix(1)):\(scalar.text ?? "?")"
        case .message(let message): "{\(shape(message))}"
        case .list(let values, _): "(" + values.map(shape).joined(separator: ",") + ")"
        }
    }

    @Test(arguments: [
        ("", ""), ("# nothing\n", ""), ("\u{FEFF}a: 1", "a=n:1"),
        ("a: 1 b: 'x' c: yes", "a=n:1 b=s:x c=i:yes"),
        ("a: 1, b: 2; c: 3", "a=n:1 b=n:2 c=n:3"),
        ("a {b: 1} c: {} d < e: 2 >", "a={b=n:1} c={} d={e=n:2}"),
        ("a: [1, 2] b [{}, <c: 3>] d: []", "a=(n:1,n:2) b=({},{c=n:3}) d=()"),
        ("a: 'x' \"y\"\n  'z'", "a=s:xyz"),
        ("[type.googleapis.com/p.M] { a: 1 }", "[type.googleapis.com/p.M]={a=n:1}"),
        ("[ p . ext ]: 5", "[p.ext]=n:5"),
        ("a: - 1 b: -inf c: nan # end", "a=n:-1 b=i:-inf c=i:nan"),
        ("a: .5 b: 1e3f c: 0x1F d: 017 e: 2.", "a=n:.5 b=n:1e3f c=n:0x1F d=n:017 e=n:2."),
    ])
    func readsEveryForm(text: String, expected: String) throws {
        #expect(shape(try parse(text)) == expected)
    }

    @Test(arguments: [
        (#"'\n\t\"\'\\\?'"#, [0x0A, 0x09, 0x22, 0x27, 0x5C, 0x3F] as [UInt8]),
        (#"'\101\0\x4\xfF'"#, [0x41, 0x00, 0x04, 0xFF]),
        (#"'\u00e4\U0001F600'"#, Array("ä😀".utf8)),
        (#"'\ud83d\ude00'"#, Array("😀".utf8)),
        ("'ä'", Array("ä".utf8)),
    ])
    func resolvesEscapes(text: String, expected: [UInt8]) throws {
        #expect(try scalar(text).bytes == expected)
    }

    @Test func givesNumbersTheirValues() throws {
        #expect(try scalar("-0x10").integer == -16)
        #expect(try scalar("017").integer == 15)
        #expect(try scalar("-9223372036854775808").integer == .min)
        #expect(try scalar("9223372036854775808").integer == nil)
        #expect(try scalar("18446744073709551615").unsigned == .max)
        #expect(try scalar("-1").unsigned == nil)
        #expect(try scalar("1.5e1f").number == 15)
        #expect(try scalar("7").number == 7)
        #expect(try scalar("-inf").number == -.infinity)
        #expect(try scalar("NaN").number?.isNaN == true)
        #expect(try scalar("'7'").integer == nil)
        #expect(try scalar("true").boolean == true)
        #expect(try scalar("0").boolean == false)
        #expect(try scalar("'true'").boolean == nil)
    }

    @Test func countsLinesAndCharacters() throws {
        let message = try parse("a: 'ä' b: 1\n  c { d: 2 }")
        #expect(message.fields[1].position == .init(line: 1, column: 8))
        #expect(message.fields[2].value.position == .init(line: 2, column: 5))
    }

    @Test(arguments: [
        ("a 1", "line 1, column 3: expected ':' or '{' after 'a', found '1'"),
        ("a {\n  b: 1", "line 2, column 7: expected a field or '}', found the end"),
        ("a: 'x", "line 1, column 6: the string that begins at line 1, column 4 is not closed"),
        (
            "a: 'x\n'",
            "line 1, column 6: the string that begins at line 1, column 4 is not closed on its "
                + "line"
        ),
        ("a: 1b", "line 1, column 4: '1b' is no number"),
        ("a: 08", "line 1, column 4: '08' is no number"),
        ("a: -x", "line 1, column 4: '-' can only stand before a number, not 'x'"),
        ("a: [1 2]", "line 1, column 7: expected ',' or ']' in a list, found '2'"),
        ("a: [[1]]", "line 1, column 5: a list cannot hold a list"),
        (#"a: '\q'"#, "line 1, column 6: there is no escape of '\\' and 'q'"),
        (#"a: '\400'"#, "line 1, column 5: the octal escape is 256, more than a byte holds"),
        (#"a: '\ud800'"#, "line 1, column 5: U+D800 is no Unicode character"),
        ("a {]", "line 1, column 4: expected a field name, found ']'"),
        ("}", "line 1, column 1: expected a field name, found '}'"),
        ("[a", "line 1, column 3: expected the name of an extension or a type, found the end"),
        ("a:", "line 1, column 3: expected a value, found the end"),
        ("a: 1 \u{1}", "line 1, column 6: expected a field name, found the byte 0x1"),
    ])
    func saysWhatIsWrongAndWhere(text: String, expected: String) {
        let problem = #expect(throws: TextProtobufProblem.self) { try parse(text) }
        #expect(problem?.description == expected)
    }

    @Test func boundsDepthAndNumberAndSize() {
        let depth = Limits.protobufDepthMaximum
        #expect(throws: Never.self) {
            try parse(String(repeating: "a{", count: depth) + String(repeating: "}", count: depth))
        }
        let deep = String(repeating: "a{", count: 100_000)
        #expect(throws: TextProtobufProblem.self) { try parse(deep) }
        let many = "a: [" + String(repeating: "1,", count: TextProtobufParser.nodesMaximum) + "1]"
        #expect(throws: TextProtobufProblem.self) { try parse(many) }
        let large = String(repeating: " ", count: Limits.configurationBytesMaximum + 1)
        #expect(throws: TextProtobufProblem.self) { try parse(large) }
    }
}
