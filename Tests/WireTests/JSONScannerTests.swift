import NIOCore
import ServingCore
import Testing
import Wire

@Suite struct JSONScannerTests {
    private func scan<Result>(
        _ text: String, _ dialect: JSONDialect = .strict,
        _ body: (inout JSONScanner) throws(ServingError) -> Result
    ) throws(ServingError) -> Result {
        try ByteBuffer(string: text).withJSONScanner(dialect, body)
    }

    private func parseError(_ bytes: [UInt8], _ dialect: JSONDialect = .strict) -> String? {
        message { () throws(ServingError) in
            try ByteBuffer(bytes: bytes).withJSONScanner(dialect) {
                (scanner) throws(ServingError) in
                try scanner.skipValue()
                try scanner.finish()
            }
        }
    }

    /// In the words of RapidJSON, which clients of TensorFlow Serving see.
    @Test(arguments: [
        ("", "JSON Parse error: The document is empty"),
        ("  ", "JSON Parse error: The document is empty. at offset: 2"),
        (
            "{\"a\" 1}",
            "JSON Parse error: Missing a colon after a name of object member. at offset: 5"
        ),
        ("{1:2}", "JSON Parse error: Missing a name for object member. at offset: 1"),
        ("{\"a\":1,}", "JSON Parse error: Missing a name for object member. at offset: 7"),
        (
            "{\"a\":1 \"b\":2}",
            "JSON Parse error: Missing a comma or '}' after an object member. at offset: 7"
        ),
        ("[1 2]", "JSON Parse error: Missing a comma or ']' after an array element. at offset: 3"),
        ("[1", "JSON Parse error: Missing a comma or ']' after an array element. at offset: 2"),
        ("[1,]", "JSON Parse error: Invalid value. at offset: 3"),
        ("[,1]", "JSON Parse error: Invalid value. at offset: 1"),
        ("tru", "JSON Parse error: Invalid value. at offset: 0"),
        ("nul", "JSON Parse error: Invalid value. at offset: 0"),
        ("01", "JSON Parse error: Invalid value. at offset: 1"),
        ("+1", "JSON Parse error: Invalid value. at offset: 0"),
        ("-", "JSON Parse error: Invalid value. at offset: 1"),
        (".5", "JSON Parse error: Invalid value. at offset: 0"),
        ("1.", "JSON Parse error: Miss fraction part in number. at offset: 2"),
        ("1.e5", "JSON Parse error: Miss fraction part in number. at offset: 2"),
        ("1e", "JSON Parse error: Miss exponent in number. at offset: 2"),
        ("1e+", "JSON Parse error: Miss exponent in number. at offset: 3"),
        ("\"a", "JSON Parse error: Missing a closing quotation mark in string. at offset: 2"),
        ("\"\\x\"", "JSON Parse error: Invalid escape character in string. at offset: 1"),
        (
            "\"\\u12g4\"",
            "JSON Parse error: Incorrect hex digit after \\u escape in string. at offset: 1"
        ),
        ("\"\\ud800\"", "JSON Parse error: The surrogate pair in string is invalid. at offset: 1"),
        ("\"\\udc00\"", "JSON Parse error: The surrogate pair in string is invalid. at offset: 1"),
        (
            "\"\\ud800\\u0041\"",
            "JSON Parse error: The surrogate pair in string is invalid. at offset: 1"
        ),
        ("\"\u{1}\"", "JSON Parse error: Invalid encoding in string. at offset: 1"),
        (
            "1 2",
            "JSON Parse error: The document root must not be followed by other values. at offset: 2"
        ),
        ("NaN", "JSON Parse error: Invalid value. at offset: 0"),
        ("-Infinity", "JSON Parse error: Invalid value. at offset: 1"),
        ("{'a':1}", "JSON Parse error: Missing a name for object member. at offset: 1"),
        (
            "[1]/**/",
            "JSON Parse error: The document root must not be followed by other values. at offset: 3"
        ),
    ])
    func refusesMalformedDocuments(text: String, expected: String) {
        #expect(parseError(Array(text.utf8)) == expected)
    }

    @Test(
        arguments: [
            [0xFF], [0xC0, 0x80], [0xC1, 0xBF], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xC3],
            [0xF0, 0x80, 0x80, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80],
            [0xE2, 0x82],
            [0x80],
        ] as [[UInt8]])
    func refusesStringsThatAreNotUTF8(bytes: [UInt8]) {
        // At every distance from the start, since eight bytes are looked at together.
        for padding in 0..<9 {
            let text = [0x22] + [UInt8](repeating: 0x61, count: padding) + bytes + [0x22]
            #expect(
                parseError(text)
                    == "JSON Parse error: Invalid encoding in string. at offset: \(padding + 1)")
        }
    }

    @Test func acceptsWhatTensorFlowServingAccepts() {
        for text in ["NaN", "Inf", "Infinity", "-Inf", "-Infinity", "-NaN", "{} x", "[1]]"] {
            #expect(parseError(Array(text.utf8), .tensorFlowServing) == nil, "\(text)")
        }
        for text in ["Infinite", "Nan", "-", "inf", "nan", "--1"] {
            #expect(parseError(Array(text.utf8), .tensorFlowServing) != nil, "\(text)")
        }
    }

    @Test func limitsNesting() {
        let limit = Limits.jsonDepthMaximum
        func nested(_ open: String, _ close: String, _ depth: Int) -> [UInt8] {
            Array(
                (String(repeating: open, count: depth) + "1"
                    + String(repeating: close, count: depth)).utf8)
        }
        #expect(parseError(nested("[", "]", limit)) == nil)
        #expect(parseError(nested("[", "]", limit + 1))?.contains("deeper than 64") == true)
        #expect(parseError(nested("{\"a\":", "}", limit)) == nil)
        #expect(parseError(nested("{\"a\":", "}", limit + 1))?.contains("deeper than 64") == true)
        #expect(parseError(nested("[", "", 1_000_000))?.contains("deeper than 64") == true)
    }

    @Test func readsValuesInAnyOrderOfKeys() throws {
        let text = """
            {"inputs" : [1, [2, {"x": "]}"}]], "n\\u0061me":"m\\n\\ud83d\\ude00\\u00e9/\\/",
             "count":-12, "big":18446744073709551615, "rate":0.1, "ok":true, "no":null}
            """
        try scan(text) { (scanner) throws(ServingError) in
            var inputs: JSONScanner?
            var seen: [String] = []
            try scanner.beginObject()
            while let key = try scanner.nextKey() {
                seen.append(key.string)
                if key.equals("inputs") {
                    inputs = scanner
                    try scanner.skipValue()
                } else if key.equals("name") {
                    #expect(key.equals(String("name")))
                    #expect(try scanner.readString() == "m\n😀é//")
                } else if key.equals("count") {
                    #expect(try scanner.readInteger() == -12)
                } else if key.equals("big") {
                    #expect(try scanner.readUnsignedInteger() == .max)
                } else if key.equals("rate") {
                    #expect(try scanner.readDouble() == 0.1)
                } else if key.equals("ok") {
                    #expect(try scanner.readBoolean())
                } else {
                    try scanner.readNull()
                }
            }
            try scanner.finish()
            #expect(seen == ["inputs", "name", "count", "big", "rate", "ok", "no"])
            var later = try unwrapped(inputs)
            try later.beginArray()
            #expect(try later.nextElement())
            #expect(try later.readInteger() == 1)
            #expect(try later.nextElement())
            #expect(try later.peekKind() == .array)
        }
    }

    private func unwrapped(_ scanner: JSONScanner?) throws(ServingError) -> JSONScanner {
        guard let scanner else { throw ServingError(.internalError, "inputs was not seen") }
        return scanner
    }

    @Test(arguments: [
        ("1.0", "JSON Value: 1.0 Type: Number at offset: 0 is not the integer from"),
        ("9223372036854775808", "is not the integer from"),
        (" \"a\"", "JSON Value: \"a\" Type: String at offset: 1 is not the integer from"),
        ("[1, 2]", "JSON Value: [1, 2] Type: Array at offset: 0"),
        ("{\"a\": 1}", "JSON Value: {\n    \"a\": 1\n} Type: Object at offset: 0"),
        ("true", "Type: True"), ("null", "Type: Null"), ("false", "Type: False"),
    ])
    func namesTheValueThatIsOfTheWrongKind(text: String, expected: String) throws {
        let found = message { () throws(ServingError) in
            _ = try scan(text) { (scanner) throws(ServingError) in try scanner.readInteger() }
        }
        #expect(found?.contains(expected) == true, "\(found ?? "none")")
    }

    @Test func cutsLongValuesInErrors() throws {
        let long = "[" + String(repeating: "1234567, ", count: 1000) + "1]"
        let found = try scan(long) { (scanner) throws(ServingError) in scanner.valueDescription() }
        #expect(found.hasPrefix("[1234567, 1234567"))
        #expect((256...300).contains(found.utf8.count))
        let text = "\"" + String(repeating: "é", count: 1000) + "\""
        let cut = try scan(text) { (scanner) throws(ServingError) in scanner.valueDescription() }
        #expect(cut == "\"" + String(repeating: "é", count: 128) + "…\"")
    }

    @Test(arguments: [
        ("{\"b64\": \"AA==\"}", true), (" {\"b64\":\"\"} ", true), ("{\"b64\": 1}", false),
        ("{\"b64\": \"AA==\", \"x\": 1}", false), ("{}", false), ("[]", false), ("{\"b64\"", false),
        ("", false),
    ])
    func recognisesBase64Objects(text: String, expected: Bool) throws {
        #expect(
            try scan(text) { (scanner) throws(ServingError) in scanner.isBase64Object } == expected)
    }
}
