import EngineDocuments
import Testing

@testable import TensorFlowEngine

/// The reader of saved_model.pb, without TensorFlow.
@Suite struct SavedModelFileTests {
    private func read(_ bytes: [UInt8]) throws -> SavedModelFile {
        try bytes.withUnsafeBytes { try SavedModelFile($0) }
    }

    private func bytes(of name: String) throws -> [UInt8] {
        try TemporaryDirectory(copyOf: name).read("saved_model.pb")
    }

    @Test func readsTagsVersionAndSignatures() throws {
        let file = try read(bytes(of: "tagged"))
        #expect(file.graphs.map(\.tags) == [["train"], ["serve", "gpu"]])
        #expect(file.graphs.map(\.hasVariables) == [true, true])
        #expect(file.graphs[0].version == "2.21.0")
        let signature = try #require(file.graphs[0].signatures.first)
        #expect(signature.name == "serving_default")
        #expect(signature.method == "tensorflow/serving/predict")
        #expect(signature.inputs[0].tensor == "x:0")
        #expect(signature.inputs[0].extents == [-1])
    }

    @Test func knowsAGraphWithoutVariables() throws {
        let file = try read(bytes(of: "scalar"))
        #expect(!file.graphs[0].hasVariables)
    }

    @Test func readsNothingBeyondTheEnd() throws {
        let whole = try bytes(of: "examples")
        for length in 0..<min(whole.count, 3000) {
            #expect(throws: ProtobufDamage.self) { _ = try read(Array(whole[..<length])) }
        }
    }

    @Test func survivesAnyDamage() throws {
        var bytes = try bytes(of: "words")
        for index in stride(from: 0, to: bytes.count, by: 7) {
            let kept = bytes[index]
            bytes[index] = kept ^ UInt8(truncatingIfNeeded: 1 << (index % 8))
            if let file = try? read(bytes) {
                for graph in file.graphs { _ = try? SignatureTable(graph) }
            }
            bytes[index] = kept
        }
    }

    @Test func refusesSignaturesThatNameNoTensor() throws {
        // A signature whose output has no name: 5 { 1: "s", 2 { 2 { 1: "y", 2 { 2: 1 } } } }
        let graph: [UInt8] = [
            0x2A, 0x10, 0x0A, 0x01, 0x73, 0x12, 0x0B, 0x12, 0x09, 0x0A, 0x01, 0x79, 0x12, 0x04,
            0x10, 0x01, 0x1A, 0x00,
        ]
        let file = try read([0x12, UInt8(graph.count)] + graph)
        let error = #expect(throws: (any Error).self) { _ = try SignatureTable(file.graphs[0]) }
        #expect("\(String(describing: error))".contains("no name of a tensor"))
    }
}
