import Listener
import NIOCore
import NIOHTTP1
import ServingCore
import Testing
import TestSupport

@testable import Protocols

@Suite struct TranscriptTests {
    private static let files = [
        "tensorflow_serving_predict.http", "tensorflow_serving_refusals.http",
        "tensorflow_serving_models.http", "tensorflow_serving_examples.http",
        "open_inference.http", "open_inference_refusals.http", "open_inference_extensions.http",
    ]

    @Test(arguments: files.flatMap { Transcript.load($0) })
    func answersAsRecorded(_ transcript: Transcript) throws {
        let server = try TestServer()
        let response = try server.send(
            transcript.method, transcript.target, headers: transcript.headers,
            body: transcript.body)
        #expect(Int(response.status.code) == transcript.status, "\(transcript.title)")
        #expect(response.text == transcript.expectedBody, "\(transcript.title)")
        for (name, value) in transcript.expectedHeaders {
            #expect(
                response.headers.first(name: name) == (value.isEmpty ? nil : value),
                "\(transcript.title): \(name)")
        }
    }

    /// So that a reader of transcripts that finds none cannot pass for good.
    @Test(arguments: files)
    func everyFileHoldsExchanges(file: String) {
        #expect(Transcript.load(file).count >= 10)
    }
}
