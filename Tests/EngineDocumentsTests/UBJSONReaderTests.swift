import EngineDocuments
import ServingCore
import Testing

@Suite struct UBJSONReaderTests {
    private func value(_ bytes: [UInt8]) throws -> DocumentValue {
        try bytes.withUnsafeBytes { bytes in
            var reader = UBJSONReader(bytes)
            let value = try DocumentValue(&reader)
            try reader.finish()
            return value
        }
    }

    /// Text with the bytes of `\xx` in place of it.
    private static func bytes(_ text: String) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = Substring(text)
        while let character = rest.popFirst() {
            if character == "\\", let byte = UInt8(rest.prefix(2), radix: 16) {
                bytes.append(byte)
                rest = rest.dropFirst(2)
            } else {
                bytes += Array(String(character).utf8)
            }
        }
        return bytes
    }

    @Test(arguments: [
        ("i\\ff", "-1"), ("U\\ff", "255"), ("I\\ff\\fe", "-2"), ("l\\00\\01\\00\\00", "65536"),
        ("L\\00\\00\\00\\01\\00\\00\\00\\00", "4294967296"), ("d\\3f\\80\\00\\00", "1.0"),
        ("D\\3f\\f8\\00\\00\\00\\00\\00\\00", "1.5"), ("Si\\02hi", "\"hi\""), ("Cx", "\"x\""),
        ("Hi\\0412.5", "12.5"), ("T", "true"), ("F", "false"), ("Z", "null"), ("NNT", "true"),
        ("[]", "[]"), ("[TNF]", "[true,false]"), ("[#i\\02TF", "[true,false]"),
        ("[$U#i\\03\\01\\02\\03", "[1,2,3]"),
        ("[$d#L\\00\\00\\00\\00\\00\\00\\00\\01\\3f\\80\\00\\00", "[1.0]"),
        ("{i\\01aU\\05}", "{\"a\":5}"), ("{#i\\01i\\01aU\\05", "{\"a\":5}"),
        ("{$U#i\\02i\\01a\\01i\\01b\\02", "{\"a\":1,\"b\":2}"),
        ("{i\\01a[#i\\01{}}", "{\"a\":[{}]}"),
        ("[#i\\00", "[]"), ("[$Si#i\\00", ""), ("[$S#i\\01i\\01x", "[\"x\"]"),
    ])
    func readsWhatTheFormatSays(text: String, expected: String) throws {
        guard !expected.isEmpty else {
            #expect(throws: ServingError.self) { try value(Self.bytes(text)) }
            return
        }
        #expect(try value(Self.bytes(text)) == DocumentValue(json: expected))
    }

    @Test(arguments: [
        "", "N", "x", "i", "I\\00", "l\\00\\00\\00", "d\\00", "L\\00", "S", "Si", "Si\\05hi",
        "Si\\ff", "Sd\\3f\\80\\00\\00", "[", "[T", "{", "{i\\01a", "{T", "{i\\01aT", "[#", "[#T",
        "[#i\\05T", "[$", "[$U", "[$U]", "[$T#i\\02", "[$Z#L\\0f\\00\\00\\00\\00\\00\\00\\00",
        "[$[#i\\01]", "[#L\\7f\\ff\\ff\\ff\\ff\\ff\\ff\\ff", "Si\\01\\ff", "C\\ff", "Hi\\01x",
        "Hi\\02--", "TT", "{i\\01aTi\\01aF}", "]", "}",
    ])
    func refusesWhatIsNotUBJSON(text: String) {
        let error = #expect(throws: ServingError.self) { try value(Self.bytes(text)) }
        #expect(error?.code == .modelInvalid)
    }

    @Test func refusesNestingBeyondTheLimit() throws {
        let limit = Limits.jsonDepthMaximum
        let deep = [UInt8](repeating: 0x5B, count: limit) + [UInt8](repeating: 0x5D, count: limit)
        _ = try value(deep)
        #expect(throws: ServingError.self) { try value([0x5B] + deep + [0x5D]) }
    }
}
