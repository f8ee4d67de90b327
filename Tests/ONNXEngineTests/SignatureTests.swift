import EngineInterface
import Inference
import ServingCore
import Testing

@Suite struct SignatureTests {
    /// `name TYPE [shape]` of each input and output, and whether rows may be batched.
    @Test(arguments: [
        ("linear", ["x FP32 [N, 4]"], ["y FP32 [N, 3]"], true),
        ("dynamic_unnamed", ["x FP32 [?, ?]"], ["y FP32 [?, ?]"], true),
        ("fixed_shape", ["x FP32 [1, 4]"], ["y FP32 [1, 4]"], false),
        ("scalar", ["x FP32 []"], ["y FP32 []"], false),
        ("unknown_rank", ["x FP32 any"], ["y FP32 any"], false),
        ("image", ["x FP32 [N, 3, H, W]"], ["y FP32 [N, 3, H, W]"], true),
        (
            "two_inputs", ["a FP32 [N, 2]", "b INT64 [N, 1]"],
            ["sum FP32 [N, 2]", "count INT64 [N]"], true
        ),
        ("no_inputs", [], ["y FP32 [1]"], false),
        ("optional_input", ["x FP32 [N]"], ["y FP32 [N]"], true),
        ("zero_rows", ["x FP32 [N, 2]"], ["y FP32 [K, 2]"], false),
        (
            "zipmap_int64", ["x FP32 [N, 3]"],
            ["output_label INT64 [N]", "output_probability FP32 [?, 3]"], true
        ),
        (
            "zipmap_string", ["x FP32 [N, 3]"],
            ["output_label BYTES [N]", "output_probability FP32 [?, 3]"], true
        ),
        ("sequence_of_tensors", ["x FP32 [N, M]"], ["y FP32 any"], false),
    ])
    func declares(name: String, inputs: [String], outputs: [String], isBatched: Bool) throws {
        try Fixture.withModel(name) { model, signature in
            #expect(model.declaration.platform == "onnxruntime_onnx")
            #expect(signature.inputs.map(Self.text) == inputs)
            #expect(signature.outputs.map(Self.text) == outputs)
            #expect((signature.batching == .leadingDimension) == isBatched)
        }
    }

    @Test func tellsWhatTheFileSaysOfItself() throws {
        try Fixture.withModel("metadata") { model, _ in
            let properties = model.declaration.properties.map { "\($0.key)=\($0.value)" }
            #expect(
                properties == [
                    "producer_name=slipway-fixtures", "producer_version=1.2.3",
                    "domain=example.slipway", "model_version=7",
                    "description=Gives back what it gets. Ça marche: ☃", "graph_name=metadata",
                    "graph_description=the graph's own words", "author=Ada",
                    "classes=[\"cat\", \"dog\"]", "empty=",
                    "operator_sets=ai.onnx 17, ai.onnx.ml 3", "ir_version=8",
                ])
        }
    }

    @Test(arguments: [
        ("zipmap_int64", "[10, 20, 30]"), ("zipmap_string", "[\"high\", \"low\", \"mid\"]"),
    ])
    func tellsTheClassesOfAMapsColumns(name: String, classes: String) throws {
        try Fixture.withModel(name) { model, _ in
            let found = model.declaration.properties.first {
                $0.key == "classes.output_probability"
            }
            #expect(found?.value == classes)
        }
    }

    @Test(arguments: [
        ("map_input", "input 'x' is a map"), ("map_output", "input 'x' is a map"),
        ("optional_output", "output 'y' is an optional value"),
    ])
    func refusesWhatNoProtocolCarries(name: String, words: String) {
        let error = #expect(throws: ServingError.self) { try Fixture.withModel(name) { _, _ in } }
        #expect(error?.code == .modelInvalid)
        #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
    }

    private static func text(_ specification: TensorSpecification) -> String {
        let shape = specification.dimensions?.map { dimension in
            switch dimension {
            case .fixed(let extent): "\(extent)"
            case .dynamic(let name): name ?? "?"
            }
        }
        let extents = shape.map { "[\($0.joined(separator: ", "))]" } ?? "any"
        return "\(specification.name) \(specification.elementType) \(extents)"
    }
}
