import Inference
import ServingCore
import Tensors
import Testing

@testable import Slipway

struct InputsReaderTests {
    private func read(
        _ text: String, _ name: String = "body.json", signature: String? = nil,
        options: InputOptions = InputOptions()
    ) throws -> InferenceRequest {
        let model = try InputsModels.metadata(("x", .float32, [-1, 2]))
        return try InputReader(options: options, json: InputsModels.echo)
            .read(Array(text.utf8), name: name, for: model, signatureName: signature)
    }

    private func body(_ text: String) throws -> String {
        BytesElements.strings(in: try read(text).inputs[0].tensor)[0]
    }

    @Test(arguments: [
        ("[[1, 2]]", "{\"instances\":[[1, 2]]}"), ("\u{FEFF} [1]", "{\"instances\": [1]}"),
        (
            "{\"a\": [1], \"b\": {\"inputs\": 2}}",
            "{\"inputs\":{\"a\": [1], \"b\": {\"inputs\": 2}}}"
        ),
        ("{\"a\": \"inputs\"}", "{\"inputs\":{\"a\": \"inputs\"}}"),
        ("{\"inputs\": [1]}", "{\"inputs\": [1]}"),
        ("{ \"instances\" : [1]}", "{ \"instances\" : [1]}"),
        ("{\"k\": [\"}\\\"\"], \"inputs\": [1]}", "{\"k\": [\"}\\\"\"], \"inputs\": [1]}"),
        ("{\"inputs", "{\"inputs\":{\"inputs}"), ("{\"", "{\"inputs\":{\"}"),
        ("{\"a\\", "{\"inputs\":{\"a\\}"), ("[", "{\"instances\":[}"),
    ])
    func shortFormsOfJSONAreWrapped(_ text: String, _ wanted: String) throws {
        #expect(try body(text) == wanted)
    }

    @Test(arguments: ["", " ", "1", "\"x\"", "nul", "}"])
    func refusesJSONThatIsNoContainer(_ text: String) {
        #expect { try read(text) } throws: { "\($0)".contains("body.json: this is not a JSON") }
    }

    @Test func theSignatureIsPassedOnAndMustNotContradictTheBody() throws {
        #expect(try read("[1]").signatureName == nil)
        #expect(try read("[1]", signature: "other").signatureName == "other")
        #expect(try read("[\"@\"]").signatureName == "other")
        #expect(try read("[\"@\"]", signature: "other").signatureName == "other")
        #expect(throws: ServingError.self) { try read("[\"@\"]", signature: "serving_default") }
        #expect(throws: ServingError.self) { try read("[1]", signature: "none") }
        // The other signature's input is `z`.
        let request = try read("1\n2", "t.csv", signature: "other")
        #expect(request.inputs.map(\.name) == ["z"])
        #expect(request.signatureName == "other")
    }

    @Test(arguments: [
        ("t.csv", "1,2", InputFormat.csv), ("T.TSV", "1\t2", .tsv), ("x", " {}", .json),
        ("x", "[1]", .json), ("x.json", "1", .json), ("x", "P5 1 1 1\n1", .image),
        ("x.csv", "\u{89}PNG", .csv), ("x.jpg", "no", .image), ("x.npy", "no", .npy),
    ])
    func recognisesFormats(_ name: String, _ text: String, _ format: InputFormat) throws {
        #expect(try InputFormat.recognise(Array(text.utf8), name: name) == format)
    }

    @Test(arguments: [
        ("x.npz", "PK\u{3}\u{4}", "numpy.save"), ("x.gif", "GIF89a", "a GIF"),
        ("x.bmp", "BM", "a BMP"), ("x", "hello", "say it with --format"), ("x", "", "--format"),
    ])
    func namesFormatsThatAreNotRead(_ name: String, _ text: String, _ message: String) {
        #expect { try InputFormat.recognise(Array(text.utf8), name: name) } throws: {
            ($0 as? ServingError)?.code == .unsupported && "\($0)".contains(message)
        }
    }

    @Test func severalFilesBecomeABatchAndNamesChooseInputs() throws {
        let model = try InputsModels.metadata(("a", .float32, [-1, 2]), ("b", .bytes, [-1]))
        let reader = InputReader(json: InputsModels.echo)
        try TestFiles.withDirectory { directory in
            let (one, two, picture) = (directory + "/1.csv", directory + "/2.csv", directory + "/p")
            try TestFiles.write(Array("1,2".utf8), to: one)
            try TestFiles.write(Array("3,4\n5,6".utf8), to: two)
            let bytes = try TestFiles.bytes("Pictures/plain-grey1.png")
            try TestFiles.write(bytes, to: picture)
            let request = try reader.read(["a=" + one, "a=" + two, "b=" + picture], for: model)
            #expect(request.inputs.map(\.name) == ["a", "b"])
            #expect(request.inputs[0].tensor.values(as: Float.self) == [1, 2, 3, 4, 5, 6])
            // A picture goes to an input of bytes as it is.
            #expect(request.inputs[1].tensor.shape.dimensions == [1])
            #expect(
                request.inputs[1].tensor.storage.withUnsafeBytes { Array($0.dropFirst(4)) } == bytes
            )
            #expect(throws: ServingError.self) { try reader.read([picture], for: model) }
            #expect(throws: ServingError.self) { try reader.read([directory], for: model) }
            #expect(throws: ServingError.self) { try reader.read(["c=" + one], for: model) }
        }
    }

    @Test func aFileBeyondTheLimitIsRefused() throws {
        let model = try InputsModels.metadata(("x", .float32, [-1, 2]))
        var options = InputOptions()
        options.bytesMaximum = 5
        try TestFiles.withDirectory { directory in
            let path = directory + "/t.csv"
            try TestFiles.write(Array("1,2\n3,4".utf8), to: path)
            #expect {
                try InputReader(options: options, json: InputsModels.echo).read([path], for: model)
            } throws: {
                "\($0)".contains("has more than 5 bytes, the limit for an input")
            }
        }
    }

    @Test func aWholeFileFillsOneElement() throws {
        let scalar = try InputsModels.metadata(("x", .bytes, []))
        var options = InputOptions()
        options.format = .bytes
        let reader = InputReader(options: options, json: InputsModels.echo)
        #expect(
            try reader.read([0, 255], name: "f", for: scalar).inputs[0].tensor.shape == .scalar)
        let two = try InputsModels.metadata(("x", .bytes, [2]))
        #expect(throws: ServingError.self) { try reader.read([1], name: "f", for: two) }
        let numbers = try InputsModels.metadata(("x", .int8, [-1]))
        #expect(throws: ServingError.self) { try reader.read([1], name: "f", for: numbers) }
    }
}
