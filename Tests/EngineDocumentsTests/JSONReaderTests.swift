import EngineDocuments
import ServingCore
import Testing

/// Parses text as a tree.
func parse(_ text: String, allowsNonFinite: Bool = false) throws -> DocumentValue {
    try Array(text.utf8).withUnsafeBytes {
        try DocumentValue(json: $0, allowsNonFinite: allowsNonFinite)
    }
}

@Suite struct JSONReaderTests {
    @Test func readsEveryKindOfValue() throws {
        let text = #" { "a" : [1, -2.5, true, false, null, "x"], "b": {"c": {}}, "d": [] } "#
        let value = try parse(text)
        #expect(
            value["a"]
                == .array([
                    .number(.integer(1)), .number(.real(-2.5)), .boolean(true), .boolean(false),
                    .null, .string("x"),
                ]))
        #expect(value["b"]?["c"]?.object?.isEmpty == true)
        #expect(value["d"]?.array?.isEmpty == true)
        #expect(value["e"] == nil)
    }

    @Test(arguments: [
        (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{C}\n\r\t"), (#""\u00e9\u2603""#, "é☃"),
        (#""\ud83d\ude00""#, "😀"), ("\"naïve ☃\"", "naïve ☃"), (#""""#, ""),
    ])
    func readsStrings(text: String, expected: String) throws {
        #expect(try parse(text).string == expected)
    }

    @Test(arguments: [
        "", " ", "{", "[", "[1", "[1,", "[1,]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}",
        "[1 2]", "[1}", "{\"a\":1]", "01", "-", "1.", ".5", "1e", "1e+", "+1", "nul", "tru", "NaN",
        "Infinity", "-Infinity", "\"", "\"\\", "\"\\x\"", "\"\\u12\"", "\"\\ud800\"",
        "\"\\ud800\\u0041\"", "\"\\udc00\"", "\"\n\"", "1 1", "[] []", "{\"a\":1,\"a\":2}",
        "'a'", "// c\n1", "\u{FEFF}1",
    ])
    func refusesWhatIsNotJSON(text: String) {
        let error = #expect(throws: ServingError.self) { try parse(text) }
        #expect(error?.code == .modelInvalid)
        #expect(error?.message.contains(" at byte ") == true, "\(String(describing: error))")
    }

    @Test func refusesBytesThatAreNotUTF8() {
        for bytes: [UInt8] in [
            [0x22, 0xFF, 0x22], [0x22, 0xC3, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22],
        ] {
            #expect(throws: ServingError.self) {
                try bytes.withUnsafeBytes { try DocumentValue(json: $0) }
            }
        }
    }

    @Test func refusesNestingAndValuesBeyondTheLimits() throws {
        let deep = String(repeating: "[", count: 64) + String(repeating: "]", count: 64)
        _ = try parse(deep)
        #expect(throws: ServingError.self) { try parse("[" + deep + "]") }
        _ = try DocumentValue(json: "[1,2]", valuesMaximum: 3)
        #expect(throws: ServingError.self) {
            try DocumentValue(json: "[1,2,3]", valuesMaximum: 3)
        }
    }

    @Test func readsWordsForNumbersOnlyWhereTheyAreAllowed() throws {
        let value = try parse("[NaN, Infinity, -Infinity]", allowsNonFinite: true)
        #expect(value.array?[0].double?.isNaN == true)
        #expect(value.array?[1].double == .infinity)
        #expect(value.array?[2].double == -.infinity)
        #expect(throws: ServingError.self) { try parse("Nan", allowsNonFinite: true) }
    }

    @Test func namesTheByteWhereItStopped() throws {
        let error = #expect(throws: ServingError.self) { try parse("[1, x]") }
        #expect(error?.message == "no JSON value at byte 4 of 6")
    }

    @Test func walksWithoutATreeAndSkipsTheRest() throws {
        let text = #"{"skip": {"deep": [1, {"x": "\n"}]}, "list": [1, 2.5, 3], "n": -7}"#
        try Array(text.utf8).withUnsafeBytes { bytes in
            var reader = JSONReader(bytes)
            var list: [Double] = []
            var number = 0
            try reader.enterObject()
            while let key = try reader.nextKey() {
                switch key {
                case "list": list = try reader.readDoubles()
                case "n": number = try reader.readInteger()
                default: try reader.skipValue()
                }
            }
            try reader.finish()
            #expect(list == [1, 2.5, 3])
            #expect(number == -7)
            #expect(reader.offset == text.utf8.count)
        }
    }

    @Test func refusesAnotherKindThanTheOneAskedFor() {
        Array("1".utf8).withUnsafeBytes { bytes in
            for read: (inout JSONReader) throws -> Void in [
                { _ = try $0.readString() }, { _ = try $0.readBoolean() }, { try $0.readNull() },
                { try $0.enterArray() }, { try $0.enterObject() },
            ] {
                var reader = JSONReader(bytes)
                #expect(throws: ServingError.self) { try read(&reader) }
            }
        }
    }
}
