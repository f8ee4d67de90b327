import EngineInterface
import Inference
import ServingCore
import TensorFlowEngine
import Tensors
import Testing

@Suite struct FailureTests {
    @Test func saysThatTheInputIsAtFault() throws {
        try Fixture.withModel(Fixture.source("several")) { model in
            let x = try Tensor(.float32, Shape([2]), values: [1, -1] as [Float])
            let error = #expect(throws: ServingError.self) {
                _ = try Fixture.run(model, "fails", [NamedTensor("x", x)])
            }
            #expect(error?.code == .invalidTensor)
            #expect(error?.message.contains("x is negative") == true, "\(error?.message ?? "")")
            let good = try Tensor(.float32, Shape([1]), values: [4] as [Float])
            let output = try Fixture.run(model, "fails", [NamedTensor("x", good)])
            #expect(output[0].tensor.values(as: Float.self) == [2])
        }
    }

    @Test func saysThatAPictureIsNone() throws {
        try Fixture.withModel(Fixture.source("image")) { model in
            var builder = BytesTensorBuilder()
            try builder.append("not a picture")
            let input = NamedTensor("image_bytes", try builder.finish(shape: Shape([1])))
            let error = #expect(throws: ServingError.self) {
                _ = try Fixture.run(model, "serving_default", [input])
            }
            #expect(error?.code == .invalidTensor)
            #expect(error?.message.contains("JPEG") == true, "\(error?.message ?? "")")
        }
    }

    @Test func refusesAFileThatIsCutAnywhere() throws {
        let directory = try TemporaryDirectory(copyOf: "several")
        let whole = try directory.read("saved_model.pb")
        for length in Array(stride(from: 1, to: whole.count, by: 499)) + [whole.count - 1] {
            try directory.write("saved_model.pb", Array(whole[..<length]))
            let error = try Fixture.loadError(directory.source())
            #expect(error.code == .modelInvalid, "\(length): \(error)")
        }
    }

    @Test(arguments: [
        ([], "is empty"), (Array("version https://git-lfs".utf8), "git lfs pull"),
        (Array("{\"not\": \"a model\"}".utf8), "is no SavedModel"),
        ([0x80, 0x04, 0x95, 0x10], "is no SavedModel"), ([0x08, 0x01], "is no SavedModel"),
        ([0x12, 0x40, 0x0A], "cut short"),
    ] as [([UInt8], String)])
    func refusesWhatIsNoSavedModel(bytes: [UInt8], words: String) throws {
        let directory = try TemporaryDirectory()
        try directory.write("saved_model.pb", bytes)
        let error = try Fixture.loadError(directory.source())
        #expect(error.code == .modelInvalid)
        #expect(error.message.contains(words), "\(error.message)")
    }

    @Test(arguments: [
        ("variables/variables.index", "has no variables/variables.index"),
        ("variables/variables.data-00000-of-00001", "data-00000-of-00001"),
        ("variables", "has no variables/variables.index"),
    ])
    func saysThatVariablesAreMissing(name: String, words: String) throws {
        let directory = try TemporaryDirectory(copyOf: "iris_v1")
        try directory.remove(name)
        let error = try Fixture.loadError(directory.source())
        #expect(error.code == .modelInvalid)
        #expect(error.message.contains(words), "\(error.message)")
    }

    @Test func saysThatValuesOfVariablesAreDamaged() throws {
        let name = "variables/variables.data-00000-of-00001"
        for spoil in [{ $0[8] ^= 0xFF }, { $0.removeLast($0.count / 2) }] as [(inout [UInt8]) -> Void]
        {
            let directory = try TemporaryDirectory(copyOf: "digits")
            var bytes = try directory.read(name)
            spoil(&bytes)
            try directory.write(name, bytes)
            let error = try Fixture.loadError(directory.source())
            #expect(error.code == .modelInvalid)
            #expect(error.message.contains("damaged"), "\(error.message)")
        }
    }

    @Test func saysThatTheIndexOfVariablesIsDamaged() throws {
        let directory = try TemporaryDirectory(copyOf: "digits")
        try directory.write("variables/variables.index", Array("no index".utf8))
        let error = try Fixture.loadError(directory.source())
        #expect(error.code == .modelInvalid)
        #expect(error.message.contains("damaged"), "\(error.message)")
    }

    @Test func saysThatATableHasLostItsFile() throws {
        let directory = try TemporaryDirectory(copyOf: "words")
        try directory.remove("assets/words.txt")
        let error = try Fixture.loadError(directory.source())
        #expect(error.code == .modelInvalid)
        #expect(error.message.contains("assets/words.txt"), "\(error.message)")
    }

    @Test func refusesTheTextForm() throws {
        let directory = try TemporaryDirectory()
        try directory.write("saved_model.pbtxt", Array("saved_model_schema_version: 1".utf8))
        let source = try Fixture.source(directory: directory.path, entry: "saved_model.pbtxt")
        let error = try Fixture.loadError(source)
        #expect(error.message.contains("text form"))
    }

    /// Inputs that a caller should have refused: an error, and never a crash.
    @Test func survivesInputsThatWereNotBound() throws {
        try Fixture.withModel(Fixture.source("digits")) { model in
            let signature = model.declaration.signatures[0]
            let wrong: [[Tensor]] = [
                [], [try .zeros(.int64, Shape([1, 64]))], [try .zeros(.float32, Shape([64]))],
                [try .zeros(.float32, Shape([1, 5]))], [try .zeros(.bytes, Shape([1, 64]))],
                [try .zeros(.float32, Shape([1, 64])), try .zeros(.float32, Shape([1, 64]))],
            ]
            for inputs in wrong {
                #expect(throws: ServingError.self) {
                    _ = try model.run(
                        signature: signature, inputs: inputs, outputIndices: [0],
                        cancellation: RunCancellation())
                }
            }
        }
    }

    @Test func refusesToRunAfterUnload() throws {
        let model = try Fixture.engine.load(Fixture.source("scalar"), Fixture.environment)
        model.unload()
        let error = #expect(throws: ServingError.self) {
            _ = try model.run(
                signature: model.declaration.signatures[0], inputs: [.zeros(.float32, .scalar)],
                outputIndices: [0], cancellation: RunCancellation())
        }
        #expect(error?.code == .internalError)
    }

    @Test(
        arguments: [
            (["tag": .text("serve")], "did you mean 'tags'?"),
            (["tags": .text("serve,,gpu")], "separated by commas"),
            (["tags": .integer(1)], "text"),
            (["intra_op_threads": .integer(0)], "from 1 to"),
            (["inter_op_threads": .text("two")], "an integer"),
            (["run_timeout_ms": .integer(10)], "inter_op_threads"),
        ] as [([String: EngineOptions.Value], String)])
    func refusesWrongOptions(options: [String: EngineOptions.Value], words: String) throws {
        let error = try Fixture.loadError(Fixture.source("scalar", options: options))
        #expect(error.code == .configurationInvalid)
        #expect(error.message.contains(words), "\(error.message)")
    }

    @Test func findsTheLibraryOrSaysHowToInstallIt() {
        switch Fixture.engine.availability(Fixture.environment) {
        case .available(let version, let path):
            #expect(version == "2.21.0")
            #expect(path?.hasSuffix("libtensorflow_cc.so.2") == true)
        case .missing(let error):
            Issue.record("run scripts/fetch-deps tensorflow before the tests: \(error)")
        }
    }

    @Test func refusesALibraryThatIsNotTensorFlow() throws {
        let directory = try TemporaryDirectory()
        try directory.write("libtensorflow_cc.so.2", Array("not a library".utf8))
        let environment = EngineEnvironment(
            budget: CPUBudget(processors: 1), libraryDirectories: [directory.path])
        let error = #expect(throws: ServingError.self) {
            _ = try Fixture.engine.load(Fixture.source("scalar"), environment)
        }
        #expect(error?.code == .libraryMissing)
        #expect(error?.message.contains("slipway engines install tensorflow") == true)
    }
}
