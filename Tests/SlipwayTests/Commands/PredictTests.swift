import BuiltinEngine
import EngineInterface
import Glibc
import Inference
import ServingCore
import Tensors
import Testing
import Wire

@testable import Slipway

private let described = """
    {"name":"digits","versions":["1","2"],"platform":"onnxruntime_onnx",
    "inputs":[{"name":"x","datatype":"FP32","shape":[-1,64]}],
    "outputs":[{"name":"label","datatype":"INT64","shape":[-1]}]}
    """

@Test func readsAServersDescriptionOfAModel() throws {
    let metadata = try RemoteMetadata.read(
        try JSONValue(parsing: described), name: try ModelName("digits"))
    #expect(metadata.identity.version == ModelVersion(2))
    #expect(metadata.platform == "onnxruntime_onnx")
    let signature = metadata.defaultSignature
    #expect(
        signature.inputs == [
            TensorSpecification(
                name: "x", elementType: .float32, dimensions: [.dynamic(name: nil), .fixed(64)])
        ])
    #expect(signature.outputs.map(\.name) == ["label"])
}

@Test(arguments: [
    "{}", "[]", "{\"inputs\":[],\"outputs\":3}", "{\"inputs\":[{}],\"outputs\":[]}",
    "{\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP99\",\"shape\":[]}],\"outputs\":[]}",
    "{\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[\"a\"]}],\"outputs\":[]}",
])
func refusesADescriptionOfAnotherForm(text: String) {
    let error = #expect(throws: ServingError.self) {
        try RemoteMetadata.read(try JSONValue(parsing: text), name: try ModelName("x"))
    }
    #expect(error?.code == .invalidRequest)
}

@Test func showsOutputsForPeopleAndPrograms() throws {
    let tensor = try Tensor(
        .float32, try Shape([2, 2]), values: [1, .nan, -2.5, .infinity] as [Float])
    let report = try PredictReport([NamedTensor("y", tensor)])
    #expect(report.text == "y  FP32 [2, 2]\n[[1.0,NaN],[-2.5,Infinity]]\n")
    #expect(
        try report.json.text(.compact)
            == "{\"outputs\":[{\"name\":\"y\",\"datatype\":\"FP32\",\"shape\":[2,2],"
            + "\"data\":[[1.0,null],[-2.5,null]]}]}")
}

/// A directory with versions 1 and 10 of a built-in model, removed with the value.
private final class ModelDirectory {
    let path = "/tmp/slipway-predict-\(getpid())-\(UInt64.random(in: 0 ... .max))"

    init() {
        mkdir(path, 0o755)
        for (version, kind) in [("1", "identity"), ("10", "half_plus_two")] {
            mkdir("\(path)/\(version)", 0o755)
            let file = open("\(path)/\(version)/model.builtin", O_WRONLY | O_CREAT, 0o644)
            let text = Array("kind: \(kind)\n".utf8)
            _ = write(file, text, text.count)
            close(file)
        }
    }

    deinit {
        for version in ["1", "10"] {
            unlink("\(path)/\(version)/model.builtin")
            rmdir("\(path)/\(version)")
        }
        rmdir(path)
    }
}

@Test(
    arguments: [("", 3.0), ("/1", 2.0), ("/10", 3.0), ("/1/model.builtin", 2.0)]
        as [(String, Float)])
func loadsAFileAVersionOrTheHighestVersion(below: String, expected: Float) throws {
    let directory = ModelDirectory()
    let local = try LocalModel(
        path: directory.path + below, engines: [BuiltinEngine()],
        environment: EngineEnvironment(budget: CPUBudget(processors: 1)))
    defer { local.unload() }
    let input = try Tensor(.float32, try Shape([1]), values: [2] as [Float])
    let outputs = try local.run(InferenceRequest(inputs: [NamedTensor("x", input)]))
    #expect(outputs.map(\.name) == ["y"])
    #expect(outputs.first?.tensor.values(as: Float.self) == [expected])
}

@Test func saysWhenNoEngineKnowsTheFiles() throws {
    let directory = ModelDirectory()
    let environment = EngineEnvironment(budget: CPUBudget(processors: 1))
    let missing = #expect(throws: ServingError.self) {
        try LocalModel(path: directory.path + "/none", environment: environment)
    }
    #expect(missing?.code == .fileUnreadable)
    let unknown = #expect(throws: ServingError.self) {
        try LocalModel(path: directory.path, engines: [], environment: environment)
    }
    #expect(unknown?.code == .modelInvalid)
    #expect(unknown?.message.contains("model.builtin") == true)
}
