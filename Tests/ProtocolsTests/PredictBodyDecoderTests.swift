import Inference
import NIOCore
import ServingCore
import TestSupport
import Tensors
import Testing

@testable import Protocols

@Suite struct PredictBodyDecoderTests {
    @Test(
        arguments: [
            (#"{"instances": [1, 2]}"#, nil),
            (#"{"inputs": [1, 2]}"#, nil),
            (#"{"inputs": {"x": [1, 2]}}"#, nil),
            (#"{"inputs":[{"name":"x","shape":[2],"datatype":"FP32","data":[1,2]}]}"#, nil),
            (
                #"{"id":"a","inputs":[{"datatype":"FP32","data":[1,2],"shape":[2],"name":"x"}]}"#,
                nil
            ),
            (#"{"inputs":[{"name":"x","shape":[2],"datatype":"FP32","data":[1,2]}]}"#, 68),
            ("\0\0\u{80}\u{3F}\0\0\0\u{40}", 0),
        ] as [(String, Int?)])
    func readsEitherProtocol(body: String, length: Int?) throws {
        let metadata = try TestModels.halfPlusTwo(RecordingObserver()).metadata
        // Every character is one byte: the last body is not UTF-8.
        let bytes = body.unicodeScalars.map { UInt8($0.value) }
        let request = try PredictBodyDecoder.decode(
            ByteBuffer(bytes: bytes), for: metadata, inferenceHeaderLength: length)
        #expect(request.inputs.map(\.name) == ["x"])
        #expect(request.inputs.first?.tensor.values(as: Float.self) == [1, 2])
    }

    @Test(arguments: [
        ("", "JSON Parse error: The document is empty"),
        ("{", "JSON Parse error"),
        ("[1]", "Is not object"),
        (#"{"inputs": [{"x": 1}]}"#, "is not of expected type: float"),
        (#"{"inputs": [{"name": "x", "datatype": "FP32"}]}"#, "Input must set only one"),
    ])
    func saysWhatIsWrong(body: String, words: String) throws {
        let metadata = try TestModels.halfPlusTwo(RecordingObserver()).metadata
        let error = #expect(throws: ServingError.self) {
            try PredictBodyDecoder.decode(ByteBuffer(string: body), for: metadata)
        }
        #expect(error?.message.contains(words) == true)
    }
}
