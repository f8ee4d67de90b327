import Inference
import Listener
import NIOCore
import NIOHTTP1
import ServingCore
import TestSupport
import Tensors
import Testing
import Wire

@testable import Protocols

/// Requests to `/invocations` in every format, answered by models that give back what they got.
struct InvocationsTests {
    /// Sends a body to a model.
    private func ask(
        _ model: String, _ type: String?, _ body: String, accept: String? = nil
    ) throws -> HTTPResponse {
        var settings = InvocationsSettings()
        settings.defaultModel = model
        var headers = HTTPHeaders()
        if let type { headers.add(name: "Content-Type", value: type) }
        if let accept { headers.add(name: "Accept", value: accept) }
        return try TestServer(invocations: settings)
            .send(.POST, "/invocations", headers: headers, body: body)
    }

    @Test(arguments: [
        (#"{"instances": [[1, 2], [3, 4]]}"#, #"[[1.0,2.0],[3.0,4.0]]"#),
        (#"{"instances": [{"x": [1, 2]}], "params": {}}"#, "[[1.0,2.0]]"),
        (#"{"inputs": [[1, 2], [3, 4]], "params": null}"#, "[[1.0,2.0],[3.0,4.0]]"),
        (#"{"inputs": {"x": [[1, 2]]}}"#, "[[1.0,2.0]]"),
        (#"{"inputs": [{"x": [1, 2]}, {"x": [3, 4]}]}"#, "[[1.0,2.0],[3.0,4.0]]"),
        (#"[[1, 2], [3, 4]]"#, "[[1.0,2.0],[3.0,4.0]]"),
        (
            #"{"dataframe_split": {"columns": ["a", "b"], "index": [7, 8], "data": [[1, 2], [3, 4]]}}"#,
            "[[1.0,2.0],[3.0,4.0]]"
        ),
        (#"{"dataframe_split": {"data": [[1, 2.5]], "columns": [0, 1]}}"#, "[[1.0,2.5]]"),
        (#"{"dataframe_split": {"data": [[1, null]]}}"#, "[[1.0,NaN]]"),
        (#"{"dataframe_split": {"data": [[null, 1]]}}"#, "[[NaN,1.0]]"),
        (
            #"{"dataframe_records": [{"a": 1, "b": 2}, {"b": 4, "a": 3}]}"#,
            "[[1.0,2.0],[3.0,4.0]]"
        ),
        (#"{"dataframe_records": [{"x": [1, 2]}, {"x": [3, 4]}]}"#, "[[1.0,2.0],[3.0,4.0]]"),
    ])
    func readsEveryFormOfJSON(body: String, predictions: String) throws {
        let reply = try ask("grid", "application/json", body)
        let expected = #"{"predictions":"# + predictions + "}"
        #expect(Self.plain(reply.text) == Self.plain(expected))
        #expect(reply.status == .ok)
        #expect(reply.headers["content-type"] == ["application/json"])
    }

    @Test func readsRecordsWhoseKeysComeInReverseInTimeThatGrowsWithThem() throws {
        let keys = (0..<20_000).map { #""k\#($0)": 1"# }
        let body =
            #"{"dataframe_records": [{"# + keys.joined(separator: ",") + "},{"
            + keys.reversed().joined(separator: ",") + "}]}"
        // Without an index of the names, the second row alone takes 200 million comparisons.
        #expect(try ask("grid", "application/json", body).status == .ok)
    }

    @Test func refusesRowsOfAnotherWidthBeforeAndBehindTheFirst() throws {
        for row in ["[1]", "[1, 2, 3]", "[]"] {
            let body = #"{"dataframe_split": {"data": [[1, 2], "# + row + "]}}"
            let reply = try ask("grid", "application/json", body)
            #expect(reply.status == .badRequest)
            #expect(reply.text.contains("there are 2 columns"))
        }
    }

    @Test func readsQuotedFieldsOfCSV() throws {
        let reply = try ask("grid", "text/csv", "\"1\",\" 2 \"\r\n\r\n3,\"4\"")
        #expect(Self.plain(reply.text) == #"{"predictions":[[1,2],[3,4]]}"#)
    }

    /// Whole numbers are written with or without `.0`; what counts is the number.
    private static func plain(_ text: String) -> String { text.replacing(".0", with: "") }

    @Test(arguments: [
        (
            #"{"dataframe_split": {"columns": ["b", "a"], "data": [["s", 1], ["t", 2]]}}"#,
            #"[{"a":1,"b":"s","b_bytes":{"b64":"cw=="}},{"a":2,"b":"t","b_bytes":{"b64":"dA=="}}]"#
        ),
        (
            #"{"dataframe_records": [{"a": 1, "b": "s"}]}"#,
            #"[{"a":1,"b":"s","b_bytes":{"b64":"cw=="}}]"#
        ),
        (
            #"{"inputs": {"a": [1], "b": ["s"]}}"#,
            #"{"a":[1],"b":["s"],"b_bytes":[{"b64":"cw=="}]}"#
        ),
    ])
    func namedColumnsGoToTheInputsOfTheirNames(body: String, predictions: String) throws {
        let reply = try ask("pair", "application/json; charset=UTF-8", body)
        #expect(reply.text == #"{"predictions":"# + predictions + "}")
    }

    @Test(arguments: [
        ("grid", "{", "JSON Parse error"),
        ("grid", #"{"instances": [[1]]} x"#, "JSON Parse error"),
        ("grid", #""text""#, "not a JSON object or a list of rows"),
        ("grid", "{}", "none of the keys dataframe_split"),
        ("grid", #"{"instancs": [[1]]}"#, "unknown key 'instancs'; did you mean 'instances'?"),
        ("grid", #"{"instances": [[1]], "inputs": [[1]]}"#, "both 'instances' and 'inputs'"),
        ("grid", #"{"instances": 5}"#, "'instances' is 5, not a list of rows"),
        ("grid", #"{"instances": [[1], [1, 2]]}"#, "Expecting tensor size"),
        ("grid", #"{"instances": [["a", "b"]]}"#, "is not of expected type: float"),
        ("grid", #"{"instances": [[1]], "params": {"k": 1}}"#, "'params' has 'k'"),
        ("grid", #"{"instances": [[1]], "params": 1}"#, "'params' is 1, not an object"),
        ("grid", #"{"instances": [[1]], "signature_name": 1}"#, "'signature_name' is 1"),
        ("grid", #"{"dataframe_split": []}"#, "not an object"),
        ("grid", #"{"dataframe_split": {}}"#, "has no 'data'"),
        ("grid", #"{"dataframe_split": {"rows": 1}}"#, "unknown key 'rows'"),
        ("grid", #"{"dataframe_split": {"columns": ["a"], "data": []}}"#, "has no rows"),
        (
            "grid", #"{"dataframe_split": {"columns": ["a", "b"], "data": [[1, 2], [3]]}}"#,
            "row 1 has 1 values; there are 2 columns"
        ),
        (
            "grid", #"{"dataframe_split": {"columns": ["a", "b"], "data": [[1, "z"]]}}"#,
            "row 0, column 'b': "
        ),
        (
            "grid", #"{"dataframe_split": {"columns": ["a", "b"], "data": [[1, [2]]]}}"#,
            "row 0, column 'b': "
        ),
        ("grid", #"{"dataframe_records": {}}"#, "not a list of objects"),
        ("grid", #"{"dataframe_records": []}"#, "has no rows"),
        ("grid", #"{"dataframe_records": [5]}"#, "row 0 is 5, not an object"),
        ("grid", #"{"dataframe_records": [{"a": 1}, {"b": 1}]}"#, "row 1 has 'b'"),
        ("grid", #"{"dataframe_records": [{"a": 1, "b": 1}, {"b": 1}]}"#, "row 1 has no 'a'"),
        (
            "pair", #"{"dataframe_split": {"columns": ["a"], "data": [[1]]}}"#,
            "column 'b' is missing; the model's inputs are a, b"
        ),
        (
            "pair", #"{"dataframe_split": {"columns": ["a", "b", "bb"], "data": [[1, "", ""]]}}"#,
            "column 'bb' is no input of the model"
        ),
        (
            "pair", #"{"dataframe_split": {"columns": ["a", "a"], "data": [[1, 1]]}}"#,
            "column 'a' is there twice"
        ),
        (
            "pair", #"{"dataframe_split": {"data": [[1, ""]]}}"#,
            "'dataframe_split' has no 'columns'"
        ),
        (
            "pair", #"{"dataframe_split": {"columns": ["a", "b"], "data": [[null, ""]]}}"#,
            "row 0, column 'a': null is no INT32 value"
        ),
        (
            "pair", #"{"dataframe_split": {"columns": ["a", "b"], "data": [[1.0, ""]]}}"#,
            "row 0, column 'a': "
        ),
    ])
    func saysWhatIsWrongWithABody(model: String, body: String, words: String) throws {
        let reply = try ask(model, "application/json", body)
        #expect(reply.status == .badRequest)
        #expect(reply.text.contains(#""error_code":""#))
        #expect(
            reply.text.replacing(#"\""#, with: #"""#).contains(words), "\(reply.text)")
    }

    @Test(arguments: [
        ("text/csv", "1,2\n3,4\n"), ("text/csv; header=present", "p,q\n1,2\n3,4\n"),
        ("text/csv", "p,q\r\n1,2\r\n3,4\r\n"), ("text/csv;header=absent", "1,2\n3,4"),
        ("application/jsonlines", "[1,2]\n\n[3,4]\n"),
        ("application/json-lines", #"{"x":[1,2]}"# + "\r\n" + #"{"x":[3,4]}"#),
    ])
    func readsRowsOfText(type: String, body: String) throws {
        let reply = try ask("grid", type, body)
        #expect(Self.plain(reply.text) == #"{"predictions":[[1,2],[3,4]]}"#)
    }

    @Test func anEmptyFieldIsNotANumber() throws {
        #expect(
            try Self.plain(ask("grid", "text/csv", "1,\n").text) == #"{"predictions":[[1,NaN]]}"#)
    }

    @Test(arguments: [
        ("text/csv", "text/csv", "1.5,2\n3,4\n", "1.5,2\n3,4\n"),
        ("text/csv", "application/jsonlines", "1.5,2\n3,4\n", "[1.5,2]\n[3,4]\n"),
        (
            "text/csv", "text/csv;q=0.1, application/json;q=0.2", "1,2\n",
            #"{"predictions":[[1,2]]}"#
        ),
        ("text/csv", "image/png, */*;q=0.5", "1,2\n", #"{"predictions":[[1,2]]}"#),
        ("application/json", "text/*", "[[1,2]]", "1,2\n"),
    ])
    func answersAsTheClientAccepts(type: String, accept: String, body: String, expected: String)
        throws
    {
        let reply = try ask("grid", type, body, accept: accept)
        #expect(Self.plain(reply.text) == expected)
    }

    @Test(arguments: [
        ("text/csv", "a,b\n1,x\n", #"1,x,x"# + "\n"),
        ("text/csv", "a,b\n1,\"x,\"\"y\"\"\"\n", #"1,"x,""y""","x,""y""""# + "\n"),
    ])
    func quotesTextsInCSV(type: String, body: String, expected: String) throws {
        #expect(try ask("pair", type, body, accept: "text/csv").text == expected)
    }

    @Test func numPyArraysComeAndGo() throws {
        var body = ByteBuffer()
        let tensor = try Tensor(.float32, try Shape([2, 2]), values: [Float(1), 2, 3, 4])
        try NumPyWriter.append(tensor, to: &body)
        var settings = InvocationsSettings()
        settings.defaultModel = "grid"
        let reply = try TestServer(invocations: settings).send(
            HTTPRequest(
                method: .POST, target: "/invocations",
                headers: ["content-type": "application/x-npy", "accept": "application/x-npy"],
                body: body))
        #expect(reply.headers["content-type"] == ["application/x-npy"])
        #expect(reply.body == body)
        #expect(body.readableBytes == 128 + 16)
    }

    @Test(arguments: [
        ("image/png", nil, "not 'image/png'"), ("nonsense", nil, "not 'nonsense'"),
        ("text/csv; charset=latin-1", nil, "as UTF-8"), ("text/csv; header=1", nil, "header=1"),
        ("text/csv", "application/x-recordio-protobuf", "the answer can be written as"),
        ("text/csv", "text/csv;q=0", "the answer can be written as"),
    ])
    func refusesOtherMediaTypes(type: String, accept: String?, words: String) throws {
        let reply = try ask("grid", type, "1,2\n", accept: accept)
        #expect(reply.status == .unsupportedMediaType)
        #expect(reply.text.contains(words))
    }

    @Test func openInferenceBodiesGetOpenInferenceAnswers() throws {
        let body = #"{"inputs":[{"name":"x","datatype":"FP32","shape":[1,2],"data":[1,2]}]}"#
        let reply = try ask("grid", "application/json", body)
        #expect(reply.text.contains(#""model_name":"grid""#))
        #expect(reply.text.contains(#""shape":[1,2]"#))
    }

    @Test func sageMakersBinaryTypeCarriesTheLengthOfTheJSON() throws {
        let json =
            #"{"inputs":[{"name":"x","datatype":"FP32","shape":[1,1],"parameters":{"binary_data_size":4}}],"#
            + #""parameters":{"binary_data_output":true}}"#
        var body = ByteBuffer(string: json)
        body.writeInteger(Float(1.5).bitPattern, endianness: .little)
        var settings = InvocationsSettings()
        settings.defaultModel = "grid"
        let type = InvocationsPredict.binaryType + String(json.utf8.count)
        let reply = try TestServer(invocations: settings).send(
            HTTPRequest(
                method: .POST, target: "/invocations", headers: ["content-type": type], body: body))
        #expect(reply.status == .ok)
        let size = reply.body.readableBytes - 4
        #expect(reply.headers["content-type"] == [InvocationsPredict.binaryType + "\(size)"])
    }

    @Test(
        arguments: [
            (["x-amzn-sagemaker-target-model": "grid"], 200, "predictions"),
            (
                ["x-amzn-sagemaker-custom-attributes": "a=b, tfs-model-name=grid"], 200,
                "predictions"
            ),
            ([:], 400, "the request names none"),
            (["x-amzn-sagemaker-target-model": "nowhere"], 404, "RESOURCE_DOES_NOT_EXIST"),
            (["x-amzn-sagemaker-target-model": "loading"], 503, "TEMPORARILY_UNAVAILABLE"),
        ] as [([String: String], Int, String)])
    func aHeaderMayNameTheModel(fields: [String: String], status: Int, words: String) throws {
        let server = try TestServer()
        var headers = HTTPHeaders(fields.map { ($0.key, $0.value) })
        headers.add(name: "content-type", value: "application/json")
        let reply = try server.send(
            .POST, "/invocations", headers: headers, body: #"{"instances":[[1,2]]}"#)
        #expect(Int(reply.status.code) == status)
        #expect(reply.text.contains(words))
        let head = HTTPRequestHead(
            version: .http1_1, method: .POST, uri: "/invocations", headers: headers)
        #expect((server.handler.admit(head) == nil) == (status == 200))
    }

    @Test func theOnlyModelNeedsNoName() throws {
        let service = FakeService()
        service.add(try TestModels.grid(RecordingObserver()))
        let server = try TestServer(service: service)
        #expect(try server.send(.POST, "/invocations", body: "[[1,2]]").status == .ok)
        let empty = try TestServer(service: FakeService())
        #expect(try empty.send(.POST, "/invocations", body: "[[1,2]]").status == .notFound)
    }

    @Test(arguments: [
        ("/ping", true, false, 200, ""), ("/ping", false, false, 503, ""),
        ("/ping", false, true, 200, ""), ("/health", true, false, 200, ""),
        ("/version", true, false, 200, "1.2.3"),
        (
            "/execution-parameters", true, false, 200,
            #"{"MaxConcurrentTransforms":1,"BatchStrategy":"MULTI_RECORD","MaxPayloadInMB":6}"#
        ),
    ])
    func answersWhatStandsBeside(
        target: String, isReady: Bool, isMultiModel: Bool, status: Int, body: String
    ) throws {
        var settings = InvocationsSettings()
        settings.isMultiModel = isMultiModel
        let reply = try TestServer(isReady: isReady, invocations: settings).send(.GET, target)
        #expect(Int(reply.status.code) == status)
        #expect(reply.text == body)
    }

    @Test(arguments: [
        ("/ping", HTTPMethod.POST, "GET, HEAD, OPTIONS"), ("/invocations", .GET, "POST, OPTIONS"),
    ])
    func refusesOtherMethods(target: String, method: HTTPMethod, allow: String) throws {
        let reply = try TestServer().send(method, target)
        #expect(reply.status == .methodNotAllowed)
        #expect(reply.headers["allow"] == [allow])
        #expect(try TestServer().send(.OPTIONS, target).status == .noContent)
    }

    @Test func eachRequestIsCountedOnce() throws {
        let server = try TestServer()
        _ = try server.send(
            .POST, "/invocations", headers: ["x-amzn-sagemaker-target-model": "grid"],
            body: "[[1,2]]")
        _ = try server.send(.POST, "/invocations", body: "[[1,2]]")
        #expect(
            server.observer.events == [
                "request invocations ok", "refused invocations invalid_request",
            ])
    }
}
