import Inference
import ServingCore
import Tensors
import Testing

@testable import Slipway
@testable import Wire

struct InputsCSVTests {
    private func read(
        _ text: String, _ metadata: ModelMetadata, header: Bool? = nil, input: String? = nil
    ) throws -> [NamedTensor] {
        var options = InputOptions()
        options.format = .csv
        options.hasHeaderRow = header
        let request = try InputReader(options: options, json: InputsModels.echo)
            .read(Array(text.utf8), name: "t.csv", input: input, for: metadata)
        // What is read must be what the model takes.
        _ = try metadata.defaultSignature.bind(request.inputs)
        return request.inputs
    }

    @Test func aColumnForEachInput() throws {
        let model = try InputsModels.metadata(
            ("age", .float32, [-1, 1]), ("city", .bytes, [-1]), ("member", .bool, [-1, 1]),
            ("visits", .int64, [-1]), ("id", .uint64, [-1]))
        let text = """
            city,age,member,visits,id\r
            "Paris, 5e",31.5,true,-3,18446744073709551615\r
            "a ""quoted""
            name", 1e2 ,0,9223372036854775807,0\r

            """
        let inputs = try read(text, model)
        #expect(inputs.map(\.name) == ["city", "age", "member", "visits", "id"])
        #expect(
            BytesElements.strings(in: inputs[0].tensor) == ["Paris, 5e", "a \"quoted\"\nname"])
        #expect(inputs[1].tensor.shape.dimensions == [2, 1])
        #expect(inputs[1].tensor.values(as: Float.self) == [31.5, 100])
        #expect(inputs[2].tensor.values(as: UInt8.self) == [1, 0])
        #expect(inputs[3].tensor.values(as: Int64.self) == [-3, .max])
        #expect(inputs[4].tensor.values(as: UInt64.self) == [.max, 0])
    }

    @Test(arguments: [("1,2\n3,4\n", 0), ("a,b\n1,2\n3,4", 0), ("\u{FEFF}1,2\n\n3,4\n\n\n", 0)])
    func allColumnsForTheOnlyInput(_ text: String, _: Int) throws {
        let model = try InputsModels.metadata(("x", .float64, [-1, 2]))
        let inputs = try read(text, model)
        #expect(inputs[0].name == "x")
        #expect(inputs[0].tensor.shape.dimensions == [2, 2])
        #expect(inputs[0].tensor.values(as: Double.self) == [1, 2, 3, 4])
    }

    @Test func columnsTakeTheFormOfTheInput() throws {
        let square = try InputsModels.metadata(("x", .int8, [-1, 2, 2]))
        #expect(try read("1,2,3,4", square)[0].tensor.shape.dimensions == [1, 2, 2])
        let vector = try InputsModels.metadata(("x", .int8, [-1]))
        #expect(try read("1\n2\n3", vector)[0].tensor.shape.dimensions == [3])
        let any = try InputsModels.metadata(("x", .int8, nil))
        #expect(try read("1,2\n3,4\n5,6", any)[0].tensor.shape.dimensions == [3, 2])
        let half = try InputsModels.metadata(("x", .float16, [-1, 2]))
        #expect(try read("0.5,-inf", half)[0].tensor.values(as: Float16.self) == [0.5, -.infinity])
        let brain = try InputsModels.metadata(("x", .bfloat16, [-1, 3]))
        // 1 + 2^-8 lies between two values and goes to the even one; so does 1 + 3 * 2^-8.
        #expect(
            try read("1,1.00390625,1.01171875", brain)[0].tensor.values(as: UInt16.self)
                == [0x3F80, 0x3F80, 0x3F82])
    }

    @Test func aNamedInputTakesAllColumns() throws {
        let model = try InputsModels.metadata(("a", .float32, [-1, 2]), ("b", .float32, [-1]))
        let request = try InputReader(json: InputsModels.echo).read(
            Array("1,2\n3,4".utf8), name: "t.csv", input: "a", for: model)
        #expect(request.inputs.map(\.name) == ["a"])
        #expect(request.inputs[0].tensor.shape.dimensions == [2, 2])
    }

    @Test func theHeaderCanBeGivenOrDenied() throws {
        let model = try InputsModels.metadata(("x", .bytes, [-1]))
        #expect(try read("x\ny", model, header: false)[0].tensor.shape.dimensions == [2])
        #expect(try read("k\ny", model, header: true)[0].tensor.shape.dimensions == [1])
        #expect(try read("k\ny", model)[0].tensor.shape.dimensions == [2])
    }

    @Test(arguments: [
        ("", "the file has no rows"), ("\n\r\n", "the file has no rows"),
        ("1,2\n3\n", "line 2 has 1 fields where line 1 has 2"),
        ("1,2\n\"3\n\n\",4\n5,6,7", "line 5 has 3 fields where line 1 has 2"),
        ("1,2\n3,four\n", "line 2, column 2: 'four' is no FP32 value"),
        ("p,q\n1,2\n3,four\n", "line 3, column 'q': 'four' is no FP32 value"),
        ("1,\n", "line 1, column 2: '' is no FP32 value; write nan for none"),
        ("1,1e39\n", "line 1, column 2: '1e39' is no FP32 value"),
        ("1,-1e999\n", "line 1, column 2: '-1e999' is no FP32 value"),
        ("1,0x10\n", "line 1, column 2: '0x10' is no FP32 value"),
        ("1,a\"b\n", "line 1: there is a quote inside a field"),
        ("1,\"a\"b\n", "line 1: there is text behind a quoted field"),
        ("1,2\n\"a", "line 2: a quoted field is not closed"),
        ("1,2,3\n", "1 rows of 3 columns cannot fill it"),
        ("x\n1,2", "line 2 has 2 fields where line 1 has 1"),
    ])
    func refusesWhatDoesNotFit(_ text: String, _ message: String) throws {
        let model = try InputsModels.metadata(("x", .float32, [-1, 2]))
        #expect { try read(text, model) } throws: {
            guard let error = $0 as? ServingError else { return false }
            return error.message.hasPrefix("t.csv: ") && error.message.contains(message)
        }
    }

    @Test(arguments: [
        ("age,age\n1,2", "column 'age' is in the header twice"),
        ("age,citi\n1,2", "column 'citi' is no input of the model; did you mean 'city'?"),
        ("age\n1", "missing input 'city'"),
        ("age,city\nold,x", "line 2, column 'age': 'old' is no FP32 value"),
    ])
    func refusesWrongHeaders(_ text: String, _ message: String) throws {
        let model = try InputsModels.metadata(("age", .float32, [-1]), ("city", .bytes, [-1]))
        #expect { try read(text, model) } throws: { "\($0)".contains(message) }
    }

    @Test func aFeatureMayBeCalledLikeTheOnlyInput() throws {
        let model = try InputsModels.metadata(("x", .float32, [-1, 2]))
        #expect(try read("x,y\n1,2", model)[0].tensor.values(as: Float.self) == [1, 2])
    }

    @Test(arguments: ["1.0", "1e3", "256", "-1", "true", " ", "99999999999999999999"])
    func integersAreExact(_ text: String) throws {
        let model = try InputsModels.metadata(("x", .uint8, [-1]))
        #expect(throws: ServingError.self) { try read("x\n" + text, model) }
    }

    @Test func severalInputsNeedTheirNamesInTheHeader() throws {
        let model = try InputsModels.metadata(("a", .float32, [-1]), ("b", .float32, [-1]))
        #expect { try read("1,2", model) } throws: {
            "\($0)".contains("its header must be a,b")
        }
        #expect { try read("\u{FF}", model) } throws: { "\($0)".contains("header must be") }
    }

    @Test func everyPrefixIsReadOrRefused() throws {
        let model = try InputsModels.metadata(("a", .float32, [-1]), ("b", .bytes, [-1]))
        let text = Array("a,b\r\n1.5,\"x, \"\"y\"\"\r\nz\"\r\n\r\n2,w\r\n".utf8)
        let reader = InputReader(json: InputsModels.echo)
        for count in 0...text.count {
            _ = try? reader.read(Array(text.prefix(count)), name: "t.csv", for: model)
        }
        var generator = SeededGenerator(seed: 1)
        for _ in 0..<2000 {
            var bytes = text
            for _ in 0..<3 {
                bytes[Int.random(in: bytes.indices, using: &generator)] =
                    Array("\",\r\n\u{0}1é".utf8).randomElement(using: &generator) ?? 0
            }
            _ = try? reader.read(bytes, name: "t.csv", for: model)
        }
    }
}

/// A small generator whose sequence is the same in every run (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
