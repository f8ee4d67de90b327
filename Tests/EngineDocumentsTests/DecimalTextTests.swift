import EngineDocuments
import ServingCore
import Testing

@Suite struct DecimalTextTests {
    /// Numbers at the borders of the quick conversions.
    static let texts = [
        "0", "-0", "0.0", "1", "-1", "123456789", "9007199254740992", "9007199254740993",
        "0.1", "0.3", "1e22", "1e23", "1e-22", "1e-23", "1.7976931348623157e308", "1e309",
        "4.9e-324", "2.4e-324", "1.17549435e-38", "1.4e-45", "3.4028235e38", "3.4028236e38",
        "16777217", "16777217.0000000001", "16777216.9999999999", "8388608.5", "8388609.5",
        "0.00000000000000000000000000000000000000000000001", "123456789012345678901234567890",
        "1.00000005960464477539062500000000000001", "5E-1", "1.2345679e-1", "1e-400", "0e999",
        "1e0000000000000000001", "7.0064923216240853e-46",
    ]

    @Test(arguments: texts)
    func roundsAsTheStandardLibraryDoes(text: String) throws {
        try Array(text.utf8).withUnsafeBytes { bytes in
            var reader = JSONReader(bytes)
            let double = try reader.readDouble()
            reader = JSONReader(bytes)
            let float = try reader.readFloat()
            #expect(double.bitPattern == Double(text)?.bitPattern)
            #expect(float.bitPattern == Float(text)?.bitPattern)
        }
    }

    @Test func readsTheShortestTextOfManyNumbers() throws {
        var state: UInt64 = 7
        for _ in 0..<20_000 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let float = Float(bitPattern: UInt32(truncatingIfNeeded: state >> 32))
            let double = Double(bitPattern: state)
            guard float.isFinite, double.isFinite else { continue }
            try Array("[\(float), \(double)]".utf8).withUnsafeBytes { bytes in
                var reader = JSONReader(bytes)
                try reader.enterArray()
                _ = try reader.nextElement()
                #expect(try reader.readFloat().bitPattern == float.bitPattern)
                _ = try reader.nextElement()
                #expect(try reader.readDouble().bitPattern == double.bitPattern)
            }
        }
    }

    @Test(arguments: [
        ("0", 0), ("-12", -12), ("9223372036854775807", Int.max), ("-9223372036854775808", Int.min),
    ])
    func readsIntegers(text: String, expected: Int) throws {
        #expect(try DocumentValue(json: text).integer == expected)
    }

    @Test(arguments: ["9223372036854775808", "-9223372036854775809", "1.0", "1e2"])
    func takesWhatIsNoIntegerForARealNumber(text: String) throws {
        let value = try DocumentValue(json: text)
        #expect(value.integer == nil)
        #expect(value.double == Double(text))
        Array(text.utf8).withUnsafeBytes { bytes in
            var reader = JSONReader(bytes)
            #expect(throws: ServingError.self) { try reader.readInteger() }
        }
    }
}
