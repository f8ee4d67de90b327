import EngineInterface
import Glibc
import Inference
import ONNXEngine
import ServingCore
import Tensors
import Testing

@Suite struct ModelFilesTests {
    private func files(_ names: [String]) -> ModelFiles {
        ModelFiles(
            directory: "/models/m/1",
            entries: names.map {
                .init(name: $0, byteCount: 1, isDirectory: $0.hasSuffix("/"))
            })
    }

    @Test(
        arguments: [
            (["model.onnx"], "model.onnx"), (["net.onnx", "notes.txt"], "net.onnx"),
            (["model.onnx", "other.onnx"], "model.onnx"), (["a.onnx", "b.onnx"], "*.onnx"),
            (["sub/net.onnx"], nil), (["model.pt"], nil), ([], nil), (["x.onnx/"], nil),
        ] as [([String], String?)])
    func recognises(names: [String], entry: String?) {
        #expect(ONNXEngine().recognise(files(names))?.entry == entry)
    }

    @Test func namesTheFilesWhenThereAreSeveral() throws {
        let directory = try TemporaryDirectory()
        try directory.write("a.onnx", [1])
        try directory.write("b.onnx", [1])
        let listed = try ModelFiles.list(directory.path)
        let entry = try #require(ONNXEngine().recognise(listed)).entry
        let source = try Fixture.source(directory: directory.path, entry: entry)
        for attempt in 0..<2 {
            let error = #expect(throws: ServingError.self) {
                if attempt == 0 { _ = try Fixture.engine.estimate(source) }
                if attempt == 1 { _ = try Fixture.engine.load(source, Fixture.environment) }
            }
            #expect(error?.code == .modelInvalid)
            #expect(error?.message.contains("a.onnx, b.onnx") == true)
            #expect(error?.message.contains("model.onnx") == true)
        }
    }

    @Test func readsWeightsFromTheirOwnFile() throws {
        let source = try Fixture.source(directory: Fixture.externalData)
        let model = try Fixture.engine.load(source, Fixture.environment)
        defer { model.unload() }
        let output = try model.run(
            signature: model.declaration.signatures[0],
            inputs: [.zeros(.float32, Shape([1, 4]))], outputIndices: [0],
            cancellation: RunCancellation())
        #expect(output[0].values(as: Float.self) == [1, 2, 3, 4])
    }

    @Test func keepsWeightsWhenTheirFileChangesAfterTheLoad() throws {
        let directory = try TemporaryDirectory()
        for name in ["model.onnx", "weights.bin"] {
            try directory.write(name, Fixture.bytes(Fixture.externalData + "/" + name))
        }
        let source = try Fixture.source(directory: directory.path)
        let model = try Fixture.engine.load(source, Fixture.environment)
        defer { model.unload() }
        // Truncated in place: memory mapped from the file would now end in SIGBUS.
        try directory.write("weights.bin", [])
        try directory.write("model.onnx", [])
        let output = try model.run(
            signature: model.declaration.signatures[0],
            inputs: [.zeros(.float32, Shape([2, 4]))], outputIndices: [0],
            cancellation: RunCancellation())
        #expect(output[0].values(as: Float.self) == [1, 2, 3, 4, 1, 2, 3, 4])
    }

    @Test func saysThatWeightsAreTooShort() throws {
        let directory = try TemporaryDirectory()
        try directory.write("model.onnx", Fixture.bytes(Fixture.externalData + "/model.onnx"))
        try directory.write("weights.bin", [0, 0, 0, 0])
        let source = try Fixture.source(directory: directory.path)
        let error = #expect(throws: ServingError.self) {
            _ = try Fixture.engine.load(source, Fixture.environment)
        }
        #expect(error?.code == .modelInvalid)
        #expect(error?.message.contains("/onnxruntime_src") == false, "\(error?.message ?? "")")
    }

    @Test func countsWeightFilesInTheEstimate() throws {
        let directory = try TemporaryDirectory()
        try directory.write("model.onnx", Fixture.bytes(Fixture.externalData + "/model.onnx"))
        try directory.write("unrelated.bin", [UInt8](repeating: 0, count: 1 << 20))
        try directory.write("weights.bin", [UInt8](repeating: 0, count: 1 << 20))
        let large = try Fixture.engine.estimate(Fixture.source(directory: directory.path))
        try directory.write("weights.bin", [UInt8](repeating: 0, count: 16))
        let small = try Fixture.engine.estimate(Fixture.source(directory: directory.path))
        #expect(large.memoryBytes - small.memoryBytes == 3 * ((1 << 20) - 16))
    }

    @Test(.timeLimit(.minutes(1))) func refusesANamedPipeInsteadOfWaitingForItsWriter() throws {
        let directory = try TemporaryDirectory()
        #expect(mkfifo(directory.path + "/model.onnx", 0o600) == 0)
        let source = try Fixture.source(directory: directory.path)
        let error = #expect(throws: ServingError.self) {
            _ = try Fixture.engine.estimate(source)
        }
        #expect(error?.code == .fileUnreadable)
        #expect(error?.message.contains("not a regular file") == true)
    }

    @Test func sizesThatSparseFilesClaimDoNotOverflow() {
        let entries = (0..<3).map {
            ModelFiles.Entry(name: "w\($0)", byteCount: .max - 4095, isDirectory: false)
        }
        #expect(ModelFiles(directory: "/m/1", entries: entries).byteCount == .max)
    }
}
