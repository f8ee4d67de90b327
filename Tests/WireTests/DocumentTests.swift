import ServingCore
import Testing
import Wire

@Suite struct JSONValueTests {
    @Test func parsesEveryKindAndKeepsOrder() throws {
        let text =
            #"{"z":[1,-2,3.5,18446744073709551615,-0,1e2],"a":{"t":true,"n":null,"s":"x\n"}}"#
        let value = try JSONValue(parsing: text)
        let expected = JSONValue.object([
            "z": .array([
                .integer(1), .integer(-2), .number(3.5), .unsigned(.max), .number(-0.0),
                .number(100),
            ]),
            "a": .object(["t": .boolean(true), "n": .null, "s": .string("x\n")]),
        ])
        #expect(value == expected)
        #expect(value.objectValue?.members.map(\.key) == ["z", "a"])
        #expect(
            try value.text(.compact)
                == #"{"z":[1,-2,3.5,18446744073709551615,-0.0,100.0],"a":{"t":true,"n":null,"s":"x\n"}}"#
        )
        #expect(try value.text(.compact, sortedKeys: true).hasPrefix(#"{"a":{"n":null,"s""#))
        #expect(try JSONValue(parsing: try value.text(.pretty)) == value)
    }

    @Test func refusesMoreValuesThanATreeMayHave() throws {
        let most = Limits.jsonValuesMaximum
        let text = "[" + String(repeating: "1,", count: most - 2) + "1]"
        #expect(try JSONValue(parsing: text).arrayValue?.count == most - 1)
        #expect(throws: ServingError.self) { try JSONValue(parsing: "[1," + text.dropFirst()) }
    }

    @Test func printsPrettily() throws {
        let value = try JSONValue(parsing: #"{"a":[],"b":{},"c":[1,{"d":null}]}"#)
        let expected = """
            {
                "a": [],
                "b": {},
                "c": [
                    1,
                    {
                        "d": null
                    }
                ]
            }
            """
        #expect(try value.text(.pretty) == expected)
    }

    @Test(arguments: [
        (#"{"a":1,"a":2}"#, "The name 'a' stands twice in an object."),
        (#"{"a":1,"\u0061":2}"#, "The name 'a' stands twice in an object."),
        ("NaN", "Invalid value."), ("1e999", "Number too big to be stored in double."),
        ("[1] 2", "must not be followed by other values."), ("", "The document is empty"),
    ])
    func refusesWhatIsNoDocument(text: String, expected: String) {
        let found = message { () throws(ServingError) in _ = try JSONValue(parsing: text) }
        #expect(found?.contains(expected) == true, "\(found ?? "none")")
    }

    @Test func editsObjectsInOrder() throws {
        var object: JSONObject = ["a": .integer(1), "b": .integer(2), "c": .integer(3)]
        object["a"] = nil
        object["c"] = .integer(4)
        object["d"] = .null
        #expect(try JSONValue.object(object).text(.compact) == #"{"b":2,"c":4,"d":null}"#)
        #expect(object["b"]?.integerValue == 2)
        #expect(object == ["d": .null, "c": .integer(4), "b": .integer(2)])
    }
}

@Suite struct PercentDecodingTests {
    @Test(arguments: [
        ("plain", "plain"), ("a%20b", "a b"), ("%C3%a9", "é"), ("a+b", "a+b"), ("%2F%25", "/%"),
        ("", ""), ("é", "é"),
    ])
    func decodes(segment: String, expected: String) throws {
        #expect(try PercentDecoding.decode(segment) == expected)
    }

    @Test(arguments: [
        ("%", "without two hexadecimal digits"), ("a%2", "without two hexadecimal digits"),
        ("%zz", "without two hexadecimal digits"), ("%%20", "without two hexadecimal digits"),
        ("%00", "holds a NUL"), ("%ff", "is no UTF-8"), ("%c0%80", "is no UTF-8"),
    ])
    func refuses(segment: String, expected: String) {
        let found = message { () throws(ServingError) in _ = try PercentDecoding.decode(segment) }
        #expect(found?.contains(expected) == true, "\(found ?? "none")")
    }
}
