import Listener
import NIOHTTP1
import Testing

@testable import Protocols

@Suite struct MalformedJSONTests {
    /// RapidJSON's reasons and offsets, as TensorFlow Serving repeats them.
    @Test(arguments: [
        (" \n ", "The document is empty. at offset: 3"),
        ("{", "Missing a name for object member. at offset: 1"),
        ("nope", "Invalid value. at offset: 0"),
        (#"{"instances": [1,]}"#, "Invalid value. at offset: 17"),
        (#"{"instances" 1}"#, "Missing a colon after a name of object member. at offset: 13"),
        ("{instances: 1}", "Missing a name for object member. at offset: 1"),
        (#"{"instances": [1.]}"#, "Miss fraction part in number. at offset: 17"),
        (#"{"instances": [1e]}"#, "Miss exponent in number. at offset: 17"),
        (#"{"instances": [-]}"#, "Invalid value. at offset: 16"),
        (#"{"instances": [nan]}"#, "Invalid value. at offset: 15"),
        (#"{"instances": ["\x"]}"#, "Invalid escape character in string. at offset: 16"),
        (
            #"{"instances": ["\ud800"]}"#,
            "The surrogate pair in string is invalid. at offset: 16"
        ),
        (
            #"{"instances": [""#,
            "Missing a closing quotation mark in string. at offset: 16"
        ),
    ])
    func saysReasonAndOffset(body: String, words: String) throws {
        let response = try TestServer().send(
            .POST, "/v1/models/half_plus_two:predict", body: body)
        #expect(response.text == "{\n    \"error\": \"JSON Parse error: \(words)\"\n}")
    }

    /// Nesting is limited in both protocols, before it can exhaust the stack.
    @Test(arguments: [
        ("/v1/models/half_plus_two:predict", #"{"instances":"#),
        ("/v1/models/half_plus_two:predict", #"{"inputs":"#),
        ("/v1/models/half_plus_two:predict", #"{"other":"#),
        (
            "/v2/models/half_plus_two/infer",
            #"{"inputs":[{"name":"x","shape":[1],"datatype":"FP32","data":"#
        ),
        ("/v2/models/half_plus_two/infer", #"{"parameters":{"x":"#),
    ])
    func refusesDocumentsThatAreNestedTooDeep(target: String, start: String) throws {
        for bracket in ["[", #"{"a":"#] {
            let body = start + String(repeating: bracket, count: 100_000)
            let response = try TestServer().send(.POST, target, body: body)
            #expect(response.status.code == 400)
            #expect(response.text.utf8.count < 2000)
        }
    }
}
