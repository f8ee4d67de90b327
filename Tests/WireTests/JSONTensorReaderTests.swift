import NIOCore
import ServingCore
import Tensors
import Testing
import Wire

@Suite struct JSONTensorReaderTests {
    @Test(
        arguments: [
            ("5", []), ("[]", [0]), ("[[],[]]", [2, 0]), ("[1]", [1]), ("[1, 2 ,3]", [3]),
            ("[[1,2],[3,4],[5,6]]", [3, 2]), ("[[[1]],[[2]]]", [2, 1, 1]),
            (" [ [ 1 ] , [ 2 ] ] ", [2, 1]),
            ("[[[],[]]]", [1, 2, 0]),
        ] as [(String, [Int])])
    func infersTheShape(text: String, shape: [Int]) throws {
        let tensor = try readTensor(text, .float32)
        #expect(tensor.shape.dimensions == shape)
        #expect(
            tensor.values(as: Float.self)
                == (0..<tensor.shape.elementCount).map {
                    text == "5" ? 5 : Float($0 + 1)
                })
    }

    /// The words of TensorFlow Serving's `FillTensorProto`.
    @Test(arguments: [
        ("[[1,2],[3]]", "Encountered list at unexpected size: 1 at level: 1 expected size: 2"),
        ("[[1,2],[3,4,5]]", "Encountered list at unexpected size: 3 at level: 1 expected size: 2"),
        ("[[1],[]]", "Encountered list at unexpected size: 0 at level: 1 expected size: 1"),
        ("[[],[1]]", "Encountered list at unexpected size: 1 at level: 1 expected size: 0"),
        (
            "[[[1],[2]],[[3],[4],[5],[6]]]",
            "Encountered list at unexpected size: 4 at level: 1 expected size: 2"
        ),
        ("[[1,2],[[3],[4]]]", "Encountered list at unexpected level: 2 expected < 2"),
        ("[1,[2]]", "Encountered list at unexpected level: 1 expected < 1"),
        (
            "[[1],2]",
            "JSON Value: 2 found at incorrect level: 2 in the JSON DOM. Expected at level: 2"
        ),
        (
            "[[[1]],[2]]",
            "JSON Value: 2 found at incorrect level: 3 in the JSON DOM. Expected at level: 3"
        ),
        ("[1, \"a\"]", "JSON Value: \"a\" Type: String is not of expected type: float"),
        ("[true]", "JSON Value: true Type: True is not of expected type: float"),
        ("[null]", "JSON Value: null Type: Null is not of expected type: float"),
        ("{\"a\":1}", "JSON Value: {\n    \"a\": 1\n} Type: Object is not of expected type: float"),
        ("[1, 2", "JSON Parse error: Missing a comma or ']' after an array element. at offset: 5"),
        ("[1,, 2]", "JSON Parse error: Invalid value. at offset: 3"),
        ("[1 2]", "JSON Parse error: Missing a comma or ']' after an array element. at offset: 3"),
        ("", "JSON Parse error: The document is empty"),
    ])
    func refusesWhatIsNoTensor(text: String, expected: String) {
        for padding in ["", String(repeating: " ", count: 100)] where padding.isEmpty || text != ""
        {
            let found = message { () throws(ServingError) in
                _ = try readTensor(text + padding, .float32)
            }
            // Where the document is cut short, white space moves the place.
            if padding.isEmpty || !text.hasSuffix("2") { #expect(found == expected) }
        }
    }

    @Test func limitsTheRank() throws {
        let limit = Limits.tensorRankMaximum
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + "1" + String(repeating: "]", count: depth)
        }
        #expect(try readTensor(nested(limit), .int8).shape.rank == limit)
        let found = message { () throws(ServingError) in
            _ = try readTensor(nested(limit + 1), .int8)
        }
        #expect(found?.contains("at most 32 dimensions") == true)
    }

    @Test func readsManyRowsThroughGrowingMemory() throws {
        let values = (0..<200_000).map { Float($0) / 7 }
        let rows = stride(from: 0, to: values.count, by: 100).map { row in
            "[" + values[row..<row + 100].map { "\($0)" }.joined(separator: ",") + "]"
        }
        let tensor = try readTensor("[" + rows.joined(separator: ",\n ") + "]", .float32)
        #expect(tensor.shape.dimensions == [2000, 100])
        #expect(tensor.values(as: Float.self) == values)
        #expect(tensor.storage.isAligned(to: 16))
    }

    @Test func readsTextAndBase64IntoBytes() throws {
        let text = "[\"a\\\"\\u00e9\", {\"b64\": \"aGk=\"}, \"\", { \"b64\" : \"\\u0061Gk\" }]"
        let tensor = try readTensor(text, .bytes)
        #expect(tensor.shape.dimensions == [4])
        #expect(BytesElements.strings(in: tensor) == ["a\"é", "hi", "", "hi"])
        #expect(
            try Tensor(.bytes, tensor.shape, tensor.storage).shape == tensor.shape,
            "the framing is right")
    }

    @Test(arguments: [
        (
            "{\"b64\": 1}",
            "JSON Value: {\n    \"b64\": 1\n} not formatted correctly for base64 data"
        ),
        ("{\"b64\": \"AA==\", \"x\": 1}", "not formatted correctly for base64 data"),
        ("{\"b64\": \"A\"}", "Unable to base64 decode"),
        ("1", "JSON Value: 1 Type: Number is not of expected type: string"),
    ])
    func refusesWhatIsNoBytes(text: String, expected: String) {
        let found = message { () throws(ServingError) in _ = try readTensor(text, .bytes) }
        #expect(found?.hasSuffix(expected) == true, "\(found ?? "none")")
        let strict = message { () throws(ServingError) in
            _ = try readTensor(text, .bytes, options: .openInference)
        }
        #expect(strict?.contains("is not of expected type: string") == true)
    }

    @Test(
        arguments: [
            ("[1,2,3,4,5,6]", [2, 3]), ("[[1,2,3],[4,5,6]]", [2, 3]), ("[7]", []), ("7", []),
            ("[]", [0, 4]), ("[[],[]]", [2, 0, 3]), ("[1]", [1, 1]),
        ] as [(String, [Int])])
    func takesFlatOrNestedDataOfAKnownShape(text: String, shape: [Int]) throws {
        let tensor = try readTensor(text, .int64, shape: shape)
        #expect(tensor.shape.dimensions == shape)
        #expect(tensor.storage.count == 8 * tensor.shape.elementCount)
    }

    @Test(
        arguments: [
            ("[1,2,3]", [2, 2]), ("[[1,2],[3,4],[5,6]]", [2, 3]), ("[[1,2,3,4]]", [2, 2]),
            ("7", [1]),
            ("[]", [1]), ("[[]]", [1, 1]), ("[[[]],[[]]]", [2, 2, 0]),
        ] as [(String, [Int])])
    func refusesDataOfAnotherShape(text: String, shape: [Int]) {
        let found = message { () throws(ServingError) in
            _ = try readTensor(text, .int64, shape: shape)
        }
        #expect(found?.hasPrefix("the data has the shape") == true, "\(found ?? "none")")
    }
}

@Suite struct JSONTensorBuilderTests {
    private func build(_ rows: [String], _ type: ElementType = .int32) throws(ServingError)
        -> Tensor
    {
        var builder = JSONTensorBuilder(type, options: .tensorFlowServing)
        for row in rows {
            try ByteBuffer(string: row).withJSONScanner(.strict) { (scanner) throws(ServingError) in
                try builder.appendElement(from: &scanner)
                try scanner.finish()
            }
        }
        return try builder.finish()
    }

    @Test(
        arguments: [
            (["1", "2", " 3 "], [3]), (["[1,2]", "[3,4]"], [2, 2]), (["[[1],[2]]"], [1, 2, 1]),
            (["[]", "[]"], [2, 0]),
        ] as [([String], [Int])])
    func putsTheBatchDimensionInFront(rows: [String], shape: [Int]) throws {
        let tensor = try build(rows)
        #expect(tensor.shape.dimensions == shape)
        #expect(
            tensor.values(as: Int32.self) == (0..<tensor.shape.elementCount).map { Int32($0 + 1) })
    }

    @Test(arguments: [
        (["[1,2]", "[3]"], "Expecting tensor size: 2 but got: 1"),
        (["1", "[2]"], "Expecting shape [] but got: [1]"),
        (["[[1,2]]", "[[1],[2]]"], "Expecting shape [1,2] but got: [2,1]"),
        (["[1]", "2"], "Expecting shape [1] but got: []"),
        (["[[1,2],[3]]"], "Encountered list at unexpected size: 1 at level: 1 expected size: 2"),
        (["1", "1.5"], "JSON Value: 1.5 Type: Number is not of expected type: int32"),
        ([], "there is no value to make a tensor of"),
    ])
    func refusesRowsThatDiffer(rows: [String], expected: String) {
        #expect(message { () throws(ServingError) in _ = try build(rows) } == expected)
    }
}
