import Inference
import Listener
import NIOCore
import NIOHTTP1
import ServingCore
import Tensors
import Testing

@testable import Protocols

@Suite struct BinaryTensorTests {
    private static let length = "Inference-Header-Content-Length"

    private static func post(
        _ json: String, _ binary: [UInt8] = [], to model: String, length header: String? = nil
    ) throws -> HTTPResponse {
        var body = ByteBuffer(string: json)
        body.writeBytes(binary)
        return try TestServer().send(
            HTTPRequest(
                method: .POST, target: "/v2/models/\(model)/infer",
                headers: [length: header ?? String(json.utf8.count)], body: body))
    }

    private static func bytes<Number: BitwiseCopyable>(_ numbers: [Number]) -> [UInt8] {
        numbers.withUnsafeBytes { Array($0) }
    }

    /// The JSON part of a binary answer, and the bytes behind it.
    private static func parts(_ response: HTTPResponse) throws -> (json: String, bytes: [UInt8]) {
        let header = try #require(response.headers.first(name: length))
        var body = response.body
        let json = body.readString(length: try #require(Int(header)))
        return (try #require(json), Array(body.readableBytesView))
    }

    private static func input(
        _ name: String, _ shape: String, _ type: String, _ count: Int
    ) -> String {
        #"{"name":"\#(name)","shape":\#(shape),"datatype":"\#(type)","#
            + #""parameters":{"binary_data_size":\#(count)}}"#
    }

    @Test func binaryInAndJSONOut() throws {
        let json = #"{"inputs":[\#(Self.input("x", "[3]", "FP32", 12))]}"#
        let response = try Self.post(json, Self.bytes([1, 2, 5] as [Float]), to: "half_plus_two")
        #expect(response.status == .ok)
        #expect(response.headers.first(name: Self.length) == nil)
        #expect(response.headers.first(name: "content-type") == "application/json")
        #expect(response.text.contains(#""data":[2.5,3.0,4.5]"#))
    }

    @Test(arguments: [
        #","parameters":{"binary_data_output":true}"#,
        #","outputs":[{"name":"y","parameters":{"binary_data":true}}]"#,
        #","outputs":[{"name":"y"}],"parameters":{"binary_data_output":true}"#,
    ])
    func binaryInAndOut(members: String) throws {
        let json = #"{"inputs":[\#(Self.input("x", "[3]", "FP32", 12))]\#(members)}"#
        let response = try Self.post(json, Self.bytes([1, 2, 5] as [Float]), to: "half_plus_two")
        #expect(response.headers.first(name: "content-type") == "application/octet-stream")
        let answer = try Self.parts(response)
        #expect(
            answer.json == #"{"model_name":"half_plus_two","model_version":"123","outputs":["#
                + #"{"name":"y","datatype":"FP32","shape":[3],"parameters":{"binary_data_size":12}}]}"#
        )
        #expect(answer.bytes == Self.bytes([2.5, 3, 4.5] as [Float]))
    }

    @Test func anOutputMayChooseOtherwiseThanTheRequest() throws {
        let json =
            #"{"inputs":[{"name":"pixels","shape":[1,4],"datatype":"FP32","data":[1,2,3,4]}],"#
            + #""outputs":[{"name":"probabilities"},"#
            + #"{"name":"label","parameters":{"binary_data":false}}],"#
            + #""parameters":{"binary_data_output":true}}"#
        let answer = try Self.parts(try Self.post(json, to: "digits"))
        #expect(answer.json.contains(#""name":"label","datatype":"INT64","shape":[1],"data":[2]"#))
        #expect(answer.bytes == Self.bytes([0.1, 0.9] as [Float]))
    }

    @Test func inputsTakeTheirBytesInTheirOrderAndMayBeMixedWithJSON() throws {
        let strings: [UInt8] = [2, 0, 0, 0, 0x68, 0x69, 0, 0, 0, 0]
        let json =
            #"{"inputs":[\#(Self.input("b", "[2]", "BYTES", 10)),\#(Self.input("a", "[2]", "INT32", 8))]}"#
        let both = try Self.post(json, strings + Self.bytes([7, -7] as [Int32]), to: "pair")
        #expect(both.text.contains(#""data":[7,-7]"#))
        #expect(both.text.contains(#""data":["hi",""]"#))
        let mixed =
            #"{"inputs":[{"name":"a","shape":[2],"datatype":"INT32","data":[7,-7]},"#
            + #"\#(Self.input("b", "[2]", "BYTES", 10))]}"#
        #expect(try Self.post(mixed, strings, to: "pair").text == both.text)
    }

    @Test(arguments: ElementType.allCases)
    func everyTypeComesBackAsItWent(type: ElementType) throws {
        let data: [UInt8] =
            type == .bytes
            ? [3, 0, 0, 0, 0xFF, 0xFE, 0] : [UInt8](repeating: 1, count: type.byteWidth ?? 0)
        let json =
            #"{"inputs":[\#(Self.input("x", "[1]", "\(type)", data.count))],"#
            + #""parameters":{"binary_data_output":true}}"#
        let response = try Self.post(json, data, to: "identity_\(type)")
        #expect(response.status == .ok)
        #expect(try Self.parts(response).bytes == data)
    }

    @Test func bytesThatAreNoTextHaveNoJSONForm() throws {
        let json = #"{"inputs":[\#(Self.input("x", "[1]", "BYTES", 5))]}"#
        let response = try Self.post(json, [1, 0, 0, 0, 0xFF], to: "identity_BYTES")
        #expect(response.status.code >= 400)
        #expect(response.text.contains("ask for binary data"))
    }

    @Test(arguments: [("FP16", 2), ("BF16", 2)])
    func typesWithoutAJSONFormAreRefusedBeforeTheyAreRun(type: String, width: Int) throws {
        let json = #"{"inputs":[\#(Self.input("x", "[1]", type, width))]}"#
        let response = try Self.post(json, [0, 0], to: "identity_\(type)")
        #expect(response.status == .badRequest)
        #expect(response.text.contains("sending \(type) data via JSON is not supported"))
    }

    @Test func anEmptyBinaryAnswerIsPlainJSON() throws {
        let json =
            #"{"inputs":[\#(Self.input("x", "[0]", "FP32", 0))],"#
            + #""parameters":{"binary_data_output":true}}"#
        let response = try Self.post(json, to: "identity_FP32")
        #expect(response.status == .ok)
        #expect(response.headers.first(name: Self.length) == nil)
        #expect(response.text.contains(#""parameters":{"binary_data_size":0}"#))
    }

    @Test(arguments: [
        ("half_plus_two", bytes([1, 2] as [Float]), bytes([2.5, 3] as [Float])),
        // Two open extents: the batch is 1.
        ("grid", bytes([1, 2, 3] as [Float]), bytes([1, 2, 3] as [Float])),
    ])
    func aRawBodyIsTheOnlyInput(model: String, body: [UInt8], expected: [UInt8]) throws {
        let response = try Self.post("", body, to: model, length: "0")
        #expect(response.status == .ok)
        #expect(try Self.parts(response).bytes == expected)
    }

    @Test(
        arguments: [
            ("pair", bytes([1] as [Int32]), "has 2"),
            ("half_plus_two", [1, 2, 3], "bytes"),
            ("identity_FP32", [0, 0, 0, 0], "at most one extent"),
            ("digits", bytes([1, 2, 3] as [Float]), "bytes"),
        ] as [(String, [UInt8], String)])
    func aRawBodyThatTellsTooLittleIsRefused(model: String, body: [UInt8], words: String) throws {
        let response = try Self.post("", body, to: model, length: "0")
        #expect(response.status == .badRequest)
        #expect(response.text.contains(words))
    }

    @Test(arguments: [
        ("3", "JSON Parse error"), ("x", "Unable to parse Inference-Header-Content-Length"),
        ("", "Unable to parse Inference-Header-Content-Length"),
        ("-1", "inference header size should be in range"),
        ("1000", "inference header size should be in range"),
        ("99999999999999999999", "Unable to parse Inference-Header-Content-Length"),
    ])
    func aWrongHeaderLengthIsRefused(length: String, words: String) throws {
        let json = #"{"inputs":[\#(Self.input("x", "[1]", "FP32", 4))]}"#
        let response = try Self.post(json, [0, 0, 0, 0], to: "half_plus_two", length: length)
        #expect(response.status == .badRequest)
        #expect(response.text.contains(words))
    }

    @Test(
        arguments: [
            ([0, 0, 0], 4, "expecting 1 additional bytes for model 'half_plus_two'"),
            ([0, 0, 0, 0, 0], 4, "unexpected additional input data for model 'half_plus_two'"),
            ([0, 0, 0], 3, "input 'x'"),
            ([0, 0, 0, 0, 0, 0, 0, 0], 8, "input 'x'"),
        ] as [([UInt8], Int, String)])
    func theBytesMustBeThoseOfTheShape(data: [UInt8], count: Int, words: String) throws {
        let json = #"{"inputs":[\#(Self.input("x", "[1]", "FP32", count))]}"#
        let response = try Self.post(json, data, to: "half_plus_two")
        #expect(response.status == .badRequest)
        #expect(response.text.contains(words))
    }

    @Test(
        arguments: [
            [4, 0, 0, 0, 1], [255, 255, 255, 255], [0, 0], [0, 0, 0, 0, 0, 0, 0, 0],
        ] as [[UInt8]])
    func stringsMustBeFramedRightly(data: [UInt8]) throws {
        let json = #"{"inputs":[\#(Self.input("x", "[1]", "BYTES", data.count))]}"#
        let response = try Self.post(json, data, to: "identity_BYTES")
        #expect(response.status == .badRequest)
        #expect(response.text.contains("input 'x'"))
    }
}
