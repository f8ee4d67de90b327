import EngineInterface
import Inference
import ServingCore
import Tensors
import Testing

@testable import TorchEngine

/// Inputs, files and notes that do not fit, and what is said about them.
@Suite struct FailureTests {
    @Test func inputsThatDoNotFitAreTheClientsFault() throws {
        let cases: [(String, Tensor, String)] = [
            (
                "digits_scripted", try Fixture.tensor(.float32, [1, 3], [1, 2, 3] as [Float]),
                "mat1"
            ),
            ("digits_scripted", try Fixture.tensor(.float64, [1, 64], zeros(64, 0.0)), "dtype"),
            (
                "digits_conv", try Fixture.tensor(.float32, [1, 3, 8, 8], zeros(192, Float(0))),
                "channels"
            ),
            ("tokens", try Fixture.tensor(.int64, [1, 2], [1, 99] as [Int64]), "out of range"),
            (
                "raises", try Fixture.tensor(.float32, [1, 2], [1, -1] as [Float]),
                "no negative values"
            ),
            ("named_outputs", try Fixture.tensor(.float32, [], [1] as [Float]), "Dimension"),
        ]
        for (name, input, word) in cases {
            try Fixture.withModel(try Fixture.source(name)) { model, signature in
                let error = #expect(throws: ServingError.self) {
                    _ = try Fixture.run(model, signature, [input])
                }
                #expect(error?.code == .invalidTensor, "\(name): \(error?.message ?? "")")
                #expect(error?.message.contains(word) == true, "\(name): \(error?.message ?? "")")
                #expect(error?.message.contains("Traceback") == false)
            }
        }
    }

    private func zeros<Number>(_ count: Int, _ zero: Number) -> [Number] {
        [Number](repeating: zero, count: count)
    }

    @Test func anInputIsNeverWrittenTo() throws {
        let input = try Fixture.tensor(.float32, [1, 2], [1, 2] as [Float])
        try Fixture.withModel(try Fixture.source("in_place")) { model, signature in
            for _ in 0..<3 {
                let output = try Fixture.run(model, signature, [input])[0]
                #expect(output.values(as: Float.self) == [2, 3])
            }
        }
        #expect(input.values(as: Float.self) == [1, 2])
    }

    @Test func aTypeThatWasDeclaredWronglyIsSaid() throws {
        let copy = try Fixture.copy(
            of: "identity",
            notes: "inputs: \n- {name: x, type: FP32, shape: [-1]}\n"
                + "outputs:\n- {name: y, type: INT64, shape: [-1]}\n")
        try Fixture.withModel(try Fixture.source(directory: copy.path)) { model, signature in
            let input = try Fixture.tensor(.float32, [1], [1] as [Float])
            let error = #expect(throws: ServingError.self) {
                _ = try Fixture.run(model, signature, [input])
            }
            #expect(error?.code == .engineFailed)
            #expect(error?.message.contains("'y' is FP32, not INT64") == true)
        }
    }

    @Test(arguments: [
        ("inputs:\n  - nmae: x\n", "line 2 has the unknown key 'nmae'; did you mean 'name'?"),
        ("input:\n", "did you mean 'inputs'?"), ("inputs: x\n", "a list below it"),
        ("inputs:\n  - name: x\n    type: FP23\n", "the type 'FP23'; did you mean"),
        ("inputs:\n  - name: x\n", "the type ''"),
        ("inputs:\n  - type: FP32\n", "without a 'name'"),
        ("inputs:\n  - name: x\n   type: FP32\n", "line 3 is indented by 3, not by 4"),
        ("inputs:\n  - name: x\n    type: FP32\n    shape: [-2]\n", "extent -2"),
        ("inputs:\n  - name: x\n    type: FP32\n    shape: 64\n", "'[...]'"),
        ("inputs:\n  - {name: x, type: FP32\n", "on one line"), ("inputs:\n\t- name: x\n", "tab"),
        ("inputs:\n  - {name: x, type: FP32}\n  - {name: x, type: FP32}\n", "again"),
        ("batching: maybe\n", "true or false"), ("batching: true\nbatching: true\n", "second time"),
        ("  - name: x\n", "belongs to nothing"), ("inputs:\n  - name: \"x\n", "does not end"),
        ("inputs:\n  - name: *x\n", "may not have"), ("nonsense\n", "not 'key: value'"),
        ("inputs:\n  - {name: y, type: FP32}\n", "which is no input"),
        ("inputs: []\n", "leaves out"),
        ("inputs:\n  - name:x\n", "needs a space"),
        ("inputs:\n  name: x\n", "must begin with '- '"),
    ])
    func notesThatAreWrongSayWhere(notes: String, word: String) throws {
        let copy = try Fixture.copy(of: "identity", notes: notes)
        let error = #expect(throws: ServingError.self) {
            _ = try Fixture.engine.load(
                try Fixture.source(directory: copy.path), Fixture.environment)
        }
        #expect(error?.code == .modelInvalid)
        #expect(error?.message.contains("model.yaml") == true)
        #expect(error?.message.contains(word) == true, "\(error?.message ?? "")")
    }

    @Test func notesMayBeWrittenInSeveralWays() throws {
        let forms = [
            "---\n# all\ninputs: # in\n- name: 'x' # it\n  type: torch.float32\n  shape: [batch, 2]\n",
            "inputs:\n    - type: float\n      name: \"x\"\n      shape: [ -1 , 2 ]\n\nbatching: true\n",
            "inputs:\r\n  - {name: x, type: FP32, shape: [N, 2]}\r\n",
        ]
        for notes in forms {
            let copy = try Fixture.copy(of: "identity", notes: notes)
            try Fixture.withModel(try Fixture.source(directory: copy.path)) { _, signature in
                #expect(signature.inputs.map(\.wireShape) == [[-1, 2]], "\(notes)")
                #expect(signature.batching == .leadingDimension, "\(notes)")
            }
        }
    }

    @Test func outputsThatNobodyKnowsAreAskedFor() throws {
        let copy = try Fixture.copy(of: "dictionaries", notes: nil)
        let error = #expect(throws: ServingError.self) {
            _ = try Fixture.engine.load(
                try Fixture.source(directory: copy.path), Fixture.environment)
        }
        #expect(error?.message.contains("'features' is a dictionary") == true)
    }

    @Test func everyPrefixOfAFileIsRefused() throws {
        let whole = try Fixture.bytes(Fixture.directory("identity") + "/model.pt")
        for count in 0..<whole.count {
            let error = #expect(throws: ServingError.self) {
                _ = try TorchFile(FileBytes(Array(whole.prefix(count))))
            }
            #expect(error?.code == .modelInvalid, "\(count): \(error?.message ?? "")")
        }
    }

    /// Damage that leaves a readable directory is torch's to refuse; here is what we read of it.
    @Test func everyDamagedByteOfADirectoryIsSurvived() throws {
        let whole = try Fixture.bytes(Fixture.directory("identity") + "/model.pt")
        for place in whole.indices {
            for damage: UInt8 in [0xFF, 0x01, 0x80] {
                var bytes = whole
                bytes[place] ^= damage
                do throws(ServingError) {
                    #expect(try TorchFile(FileBytes(bytes)) == .script)
                } catch {
                    #expect(error.code == .modelInvalid, "\(place): \(error)")
                }
            }
        }
    }

    /// A few places only: each load of a damaged file takes torch milliseconds.
    @Test func damageThatTorchFindsIsItsErrorAndNoCrash() throws {
        let whole = try Fixture.bytes(Fixture.directory("identity") + "/model.pt")
        let copy = try TemporaryDirectory()
        for place in stride(from: 0, to: whole.count, by: 37) {
            var bytes = whole
            bytes[place] ^= 0xFF
            try copy.write("model.pt", bytes)
            let source = try Fixture.source(directory: copy.path)
            // Some bytes are not looked at by anyone: then it loads.
            do throws(ServingError) {
                try Fixture.engine.load(source, Fixture.environment).unload()
            } catch {
                let codes: [ErrorCode] = [.modelInvalid, .resourceExhausted]
                #expect(codes.contains(error.code), "\(place): \(error)")
            }
        }
    }

    @Test func aMissingLibraryNamesTheCommandThatInstallsIt() throws {
        let missing = EngineEnvironment(
            budget: CPUBudget(processors: 1), libraryDirectories: ["/nowhere"])
        // The checkout's own copy is found from the program's place: only the words are tested.
        if case .missing(let error) = Fixture.engine.availability(missing) {
            #expect(error.message.contains("slipway engines install torch"))
        }
        let broken = try TemporaryDirectory()
        try broken.write("libslipway_torch.so", Array("no library".utf8))
        let environment = EngineEnvironment(
            budget: CPUBudget(processors: 1), libraryDirectories: [broken.path])
        guard case .missing(let error) = Fixture.engine.availability(environment) else {
            Issue.record("a file of text was opened as a library")
            return
        }
        #expect(error.code == .libraryMissing)
        #expect(error.message.contains("slipway engines install torch"))
    }
}
