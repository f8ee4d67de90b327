import NIOCore
import ServingCore
import Tensors
import Testing
import Wire

@Suite struct JSONWriterTests {
    /// Row answers as the source of TensorFlow Serving and of RapidJSON's `PrettyWriter` have it.
    @Test func laysOutRowAnswersAsTensorFlowServingDoes() throws {
        let tensor = try Tensor(.float32, .vector(3), values: [2.5, 3, 4.5] as [Float])
        let text = try written(.tensorFlowServing) { (writer) throws(ServingError) in
            writer.beginObject()
            writer.key("predictions")
            writer.beginArray()
            var cursor = TensorRowCursor(tensor)
            for _ in 0..<3 {
                writer.arraysOnOneLine = true
                try writer.nextRow(of: &cursor)
                writer.arraysOnOneLine = false
            }
            writer.endArray()
            writer.endObject()
        }
        #expect(text == "{\n    \"predictions\": [2.5, 3.0, 4.5\n    ]\n}")
    }

    @Test func laysOutRowsOfSeveralOutputsAsTensorFlowServingDoes() throws {
        let matrix = try Tensor(.int32, Shape([2, 2]), values: [1, 2, 3, 4] as [Int32])
        var strings = BytesTensorBuilder()
        try strings.append("a")
        try strings.append("b")
        let names = try strings.finish(shape: .vector(2))
        let text = try written(.tensorFlowServing) { (writer) throws(ServingError) in
            writer.beginObject()
            writer.key("predictions")
            writer.beginArray()
            var (first, second) = (TensorRowCursor(matrix), TensorRowCursor(names))
            for _ in 0..<2 {
                writer.beginObject()
                writer.arraysOnOneLine = true
                writer.key("m")
                try writer.nextRow(of: &first)
                writer.key("n_bytes")
                try writer.nextRow(of: &second, bytesAsBase64: true)
                writer.arraysOnOneLine = false
                writer.endObject()
            }
            writer.endArray()
            writer.endObject()
        }
        let expected = """
            {
                "predictions": [
                    {
                        "m": [1, 2],
                        "n_bytes": {
                            "b64": "YQ=="
                        }
                    },
                    {
                        "m": [3, 4],
                        "n_bytes": {
                            "b64": "Yg=="
                        }
                    }
                ]
            }
            """
        #expect(text == expected)
    }

    @Test func laysOutColumnAnswersAsTensorFlowServingDoes() throws {
        let tensor = try Tensor(.bool, Shape([1, 2]), values: [1, 0] as [UInt8])
        let text = try written(.tensorFlowServing) { (writer) throws(ServingError) in
            writer.beginObject()
            writer.key("outputs")
            try writer.tensor(tensor)
            writer.endObject()
        }
        let expected = """
            {
                "outputs": [
                    [
                        true,
                        false
                    ]
                ]
            }
            """
        #expect(text == expected)
    }

    @Test(arguments: [[0], [2, 0], [0, 2], [2, 3], [1, 1, 1], []] as [[Int]])
    func nestsByShapeAndComesBack(extents: [Int]) throws {
        let shape = try Shape(extents)
        let values = (0..<shape.elementCount).map { Int16($0 - 2) }
        let tensor = try Tensor(.int16, shape, values: values)
        for options in [JSONWriter.Options.openInference, .tensorFlowServing] {
            let nested = try written(options) { (writer) throws(ServingError) in
                try writer.tensor(tensor)
            }
            let back = try readTensor(nested, .int16, shape: extents)
            #expect(back.values(as: Int16.self) == values)
            let flat = try written(options) { (writer) throws(ServingError) in
                try writer.flatTensor(tensor)
            }
            #expect(try readTensor(flat, .int16, shape: extents).values(as: Int16.self) == values)
        }
    }

    @Test func writesMoreElementsThanOneChunkHolds() throws {
        let values = (0..<2000).map { Double($0) / 3 }
        let tensor = try Tensor(.float64, Shape([2, 1000]), values: values)
        for options in [JSONWriter.Options.openInference, .tensorFlowServing] {
            let text = try written(options) { (writer) throws(ServingError) in
                try writer.tensor(tensor)
            }
            let back = try readTensor(text, .float64)
            #expect(back.shape == tensor.shape)
            #expect(back.values(as: Double.self) == values)
        }
    }

    @Test(arguments: [
        ("", "\"\""), ("plain", "\"plain\""), ("\"\\/", "\"\\\"\\\\/\""),
        ("\u{8}\t\n\u{C}\r", "\"\\b\\t\\n\\f\\r\""), ("\0\u{1F}\u{7F}", "\"\\u0000\\u001F\u{7F}\""),
        ("é😀", "\"é😀\""),
    ])
    func escapesOnlyWhatMustBe(text: String, expected: String) throws {
        let found = try written(.openInference) { (writer) throws(ServingError) in
            writer.string(text)
        }
        #expect(found == expected)
        let back = try ByteBuffer(string: found).withJSONScanner(.strict) {
            (scanner) throws(ServingError) in try scanner.readString()
        }
        #expect(back == text)
    }

    @Test func refusesOrReplacesBytesThatAreNotUTF8() throws {
        let bytes: [UInt8] = [2, 0, 0, 0, 0x61, 0xFF]
        let memory = try TensorMemory.allocate(byteCount: bytes.count)
        memory.bytes.copyBytes(from: bytes)
        let text = try Tensor(.bytes, .scalar, memory.freeze())
        let replaced = try written(.tensorFlowServing) { (writer) throws(ServingError) in
            try writer.tensor(text)
        }
        #expect(replaced == "\"a\u{FFFD}\"")
        let found = message { () throws(ServingError) in
            _ = try written(.openInference) { (writer) throws(ServingError) in
                try writer.tensor(text)
            }
        }
        #expect(found?.contains("not UTF-8") == true)
    }
}
