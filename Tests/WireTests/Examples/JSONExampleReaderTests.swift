import NIOCore
import ServingCore
import Tensors
import Testing
import Wire

@Suite struct JSONExampleReaderTests {
    private static func read(_ json: String) throws(ServingError) -> ExampleInput {
        try ByteBuffer(string: json).withJSONScanner(.tensorFlowServing) {
            (scanner) throws(ServingError) in
            var reader = JSONExampleReader()
            try reader.readNext(from: &scanner)
            return reader.finish()
        }
    }

    private static func bytes(_ input: ExampleInput) -> [UInt8] {
        input.examples.first.map { Array(Array(buffer: input.bytes)[$0]) } ?? []
    }

    @Test(
        arguments: [
            (#"{"x": 1}"#, [("x", .integers([1]))]),
            (#"{"x": [1, -2, 3]}"#, [("x", .integers([1, -2, 3]))]),
            (#"{"x": [1.0, 2.5, 1e3]}"#, [("x", .floats([1, 2.5, 1000]))]),
            (#"{"x": [NaN, Infinity]}"#, [("x", .floats([.nan, .infinity]))]),
            (#"{"x": "a"}"#, [("x", .bytes(["a"]))]),
            (#"{"x": ["a", {"b64": "YmM="}, "\n"]}"#, [("x", .bytes(["a", "bc", "\n"]))]),
            (#"{"x": [true, false, 7]}"#, [("x", .integers([1, 0, 7]))]),
            (#"{"x": []}"#, [("x", .empty)]),
            (#"{"x": 9223372036854775807}"#, [("x", .integers([.max]))]),
            (#"{"x": -9223372036854775808}"#, [("x", .integers([.min]))]),
            // Beyond 64 bits a number is no integer any more.
            (#"{"x": 18446744073709551616}"#, [("x", .floats([18_446_744_073_709_551_616]))]),
            (#"{"a": 1, "\u0062": "2"}"#, [("a", .integers([1])), ("b", .bytes(["2"]))]),
            ("{}", []),
        ] as [(String, TestExample)])
    func writesTheExampleThatTensorFlowServingWouldMake(json: String, expected: TestExample)
        throws
    {
        #expect(Self.bytes(try Self.read(json)) == Array(buffer: exampleMessage(expected)))
    }

    @Test(arguments: [
        (#"[1]"#, "Example must be JSON object but got JSON Array"),
        (#"null"#, "Example must be JSON object but got JSON Null"),
        (#"{"x": null}"#, "Feature: x has element with unexpected JSON type: Null"),
        (#"{"x": [null]}"#, "Feature: x has element with unexpected JSON type: Null"),
        (#"{"x": [[1]]}"#, "Feature: x has element with unexpected JSON type: Array"),
        (#"{"x": {"y": 1}}"#, "Feature: x has element with unexpected JSON type: Object"),
        (#"{"x": [1, 2.0]}"#, "Unexpected element type in feature: x expecting type: int64"),
        (#"{"x": [1.5, 2]}"#, "Unexpected element type in feature: x expecting type: float"),
        (#"{"x": ["a", 2]}"#, "Unexpected element type in feature: x expecting type: bytes"),
        (#"{"x": [true, "a"]}"#, "Unexpected element type in feature: x expecting type: int64"),
        (
            #"{"x": 18446744073709551615}"#,
            "Feature: x has uint64 element. Only int64 is supported."
        ),
        (#"{"x": -1e39}"#, "Cannot convert JSON value: -1e39 to float without loss of precision."),
        (#"{"x": {"b64": "!"}}"#, "Unable to base64 decode"),
    ])
    func complainsInTensorFlowServingsWords(json: String, expected: String) {
        let text = message { () throws(ServingError) in _ = try Self.read(json) }
        #expect(text == expected)
    }

    @Test func ofAFeatureGivenTwiceTheLaterCounts() throws {
        let input = try Self.read(#"{"x": 1.5, "x": 2.5}"#)
        let tensors = try input.tensors(for: [
            ExampleColumnSpecification(name: "x", elementType: .float32, rowDimensions: [])
        ])
        #expect(tensors[0].tensor.values(as: Float.self) == [2.5])
    }
}
