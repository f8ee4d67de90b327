import EngineInterface
import Inference
import Models
import ServingCore
import Tensors
import Testing

@testable import Slipway

private let engines = ["onnxruntime", "builtin"]

private func read(_ text: String) throws -> TritonModelConfiguration {
    try TritonModelConfiguration(
        SettingsText.protobuf(Array(text.utf8), source: "config.pbtxt"), engines: engines)
}

private func readJSON(_ text: String) throws -> TritonModelConfiguration {
    try TritonModelConfiguration(SettingsText.json(text, source: "it"), engines: engines)
}

private func problem(_ body: () throws -> TritonModelConfiguration) -> String {
    do {
        _ = try body()
        return "none"
    } catch {
        return (error as? ServingError)?.message ?? "\(error)"
    }
}

private let full = """
    name: "digits"
    platform: "onnxruntime_onnx"
    max_batch_size: 8
    input [ { name: "x" data_type: TYPE_FP32 dims: [ 2, -1 ] } ]
    output { name: "y" data_type: TYPE_STRING dims: 10 label_filename: "labels.txt" }
    version_policy: { specific: { versions: [ 3, 1 ] } }
    dynamic_batching { preferred_batch_size: [ 4 ] default_queue_policy { max_queue_size: 7 } }
    instance_group [ { count: 2 kind: KIND_CPU }, { count: 1 } ]
    optimization { graph { level: 1 } }
    parameters { key: "intra_op_thread_count" value: { string_value: "3" } }
    parameters { key: "note" value: { string_value: "by hand" } }
    default_model_filename: "net.onnx"
    model_warmup [ {
      name: "zeros" batch_size: 2
      inputs { key: "x" value: { data_type: TYPE_FP32 dims: [ 2, 5 ] zero_data: true } }
    } ]
    """

@Test func readsEveryHonouredFieldOfAModelConfiguration() throws {
    let own = try read(full)
    #expect(own.name == "digits")
    #expect(own.engine == "onnxruntime")
    #expect(own.maxBatchSize == 8)
    #expect(own.isBatchedDynamically)
    #expect(own.queueMaximum == 7)
    #expect(own.instances == 3)
    #expect(own.versions == .specific([ModelVersion(1), ModelVersion(3)]))
    #expect(own.inputs == [.init(name: "x", elementType: .float32, dimensions: [2, -1])])
    #expect(
        own.outputs == [
            .init(name: "y", elementType: .bytes, dimensions: [10], labelFile: "labels.txt")
        ])
    #expect(own.fileName == "net.onnx")
    #expect(
        own.properties == [
            ModelProperty("intra_op_thread_count", "3"), ModelProperty("note", "by hand"),
        ])
    #expect(
        own.options == ["intra_op_threads": .integer(3), "graph_optimization": .text("extended")])
    #expect(own.samples.first?.batchSize == 2)
    #expect(own.samples.first?.inputs.first?.content == .zeros)
    #expect(own.remarks.count == 1)
}

@Test func readsTheJSONFormThatTritonShowsAndTakes() throws {
    let own = try readJSON(
        #"""
        {"name": "digits", "platform": "onnxruntime_onnx", "backend": "onnxruntime",
         "version_policy": {"latest": {"num_versions": 2}}, "maxBatchSize": "4",
         "input": [{"name": "x", "data_type": "TYPE_FP32", "format": "FORMAT_NONE", "dims": ["2"],
                    "is_shape_tensor": false, "allow_ragged_batch": false, "optional": false}],
         "output": [{"name": "y", "dataType": "TYPE_INT64", "dims": [-1], "label_filename": ""}],
         "batch_input": [], "batch_output": [], "metric_tags": {}, "cc_model_filenames": {},
         "optimization": {"priority": "PRIORITY_DEFAULT", "input_pinned_memory": {"enable": true},
                          "gather_kernel_buffer_threshold": 0, "eager_batching": false},
         "dynamic_batching": {"preferred_batch_size": [4], "max_queue_delay_microseconds": 0,
                              "priority_queue_policy": {}, "priority_levels": 0},
         "instance_group": [{"name": "a", "kind": "KIND_CPU", "count": 1, "gpus": [],
                             "secondary_devices": [], "profile": [], "passive": false,
                             "host_policy": ""}],
         "parameters": {"key": {"string_value": "a"}, "value": {"string_value": "b"}},
         "response_cache": null, "model_warmup": [], "default_model_filename": "model.onnx"}
        """#)
    #expect(own.maxBatchSize == 4)
    #expect(own.versions == .latest(2))
    #expect(own.inputs == [.init(name: "x", elementType: .float32, dimensions: [2])])
    #expect(own.outputs == [.init(name: "y", elementType: .int64, dimensions: [-1])])
    #expect(own.instances == 1)
    #expect(own.properties == [ModelProperty("key", "a"), ModelProperty("value", "b")])
}

@Test(arguments: [
    ("platform: \"tensorflow_savedmodel\"", "tensorflow"),
    ("backend: \"tensorflow\" platform: \"tensorflow_savedmodel\"", "tensorflow"),
    ("backend: \"pytorch\" platform: \"pytorch_libtorch\"", "torch"),
    ("platform: \"onnxruntime_onnx\"", "onnxruntime"), ("backend: \"trees\"", "trees"),
])
func takesTritonsNamesOfFrameworks(_ text: String, _ engine: String) throws {
    let configuration = try TritonModelConfiguration(
        SettingsText.protobuf(Array(text.utf8), source: "config.pbtxt"),
        engines: ["onnxruntime", "tensorflow", "torch", "trees"])
    #expect(configuration.engine == engine)
}

@Test(arguments: [
    ("max_batch_sise: 3", "line 1, column 1: there is no field 'max_batch_sise'; did you mean"),
    ("max_batch_size: -1", "'max_batch_size' is '-1'; it must be a whole number from 0"),
    ("max_batch_size: 1\nmax_batch_size: 2", "'max_batch_size' is given 2 times"),
    ("name: digits", "'name' must be text in quotes"),
    ("platform: \"tensorflow_savedmodel\"", "for models of TensorFlow, which no engine here runs"),
    ("backend: \"pytorch\"", "line 1, column 1: 'backend' is 'pytorch', for models of PyTorch"),
    ("platform: \"ensemble\"", "models are not joined into pipelines"),
    ("platform: \"onnxruntime_onnx\" backend: \"builtin\"", "'platform' means 'onnxruntime'"),
    ("sequence_batching { }", "'sequence_batching' is not supported: requests that belong"),
    ("ensemble_scheduling { step [ ] }", "'ensemble_scheduling' is not supported"),
    ("response_cache { enable: true }", "'response_cache.enable' must stay false"),
    ("model_transaction_policy { decoupled: true }", "a request has exactly one answer here"),
    ("instance_group { kind: KIND_GPU }", "asks for a GPU"),
    ("instance_group { gpus: [ 0 ] }", "asks for a GPU"),
    ("instance_group { kind: KIND_CPUS }", "did you mean 'KIND_CPU'?"),
    ("dynamic_batching { }", "needs 'max_batch_size' above 0"),
    (
        "max_batch_size: 2 dynamic_batching { preferred_batch_size: 4 }",
        "more than 'max_batch_size'"
    ),
    ("max_batch_size: 2 dynamic_batching { priority_levels: 3 }", "all requests have one priority"),
    ("max_batch_size: 2 dynamic_batching { preserve_ordering: true }", "must stay false"),
    ("input { data_type: TYPE_FP32 dims: 1 }", "'input.name' is missing"),
    ("input { name: \"x\" dims: 1 }", "'input.data_type' is missing"),
    ("input { name: \"x\" data_type: TYPE_FP33 dims: 1 }", "did you mean 'TYPE_FP32'?"),
    ("input { name: \"x\" data_type: TYPE_FP32 }", "'input.dims' is missing"),
    ("input { name: \"x\" data_type: TYPE_FP32 dims: -2 }", "'input.dims' is '-2'"),
    (
        "input { name: \"x\" data_type: TYPE_FP32 dims: 1 reshape { shape: [ ] } }",
        "'input.reshape' is not supported"
    ),
    (
        "input { name: \"x\" data_type: TYPE_FP32 dims: 1 format: FORMAT_NHWC }",
        "needs 'dims' of 3 entries"
    ),
    (
        "output { name: \"x\" data_type: TYPE_FP32 dims: 1 label_filename: \"../a\" }",
        "must be a file in the model's directory"
    ),
    ("default_model_filename: \"/etc/passwd\"", "must be a file in the version directory"),
    ("version_policy { latest { } all { } }", "must hold exactly one of"),
    ("version_policy { specific { } }", "must list at least one version"),
    ("parameters { key: \"a\" }", "must both be there"),
    (
        "parameters { key: \"intra_op_thread_count\" value { string_value: \"many\" } }",
        "is 'many'; it must be a whole number"
    ),
    ("model_warmup { name: \"a\" }", "'model_warmup.inputs' is missing"),
    (
        "model_warmup { inputs { key: \"x\" value { data_type: TYPE_FP32 dims: 1 } } }",
        "exactly one of zero_data, random_data, input_data_file"
    ),
    ("model_warmup { batch_size: 2 }", "more than 'max_batch_size' allows"),
    ("optimization { execution_accelerators { } }", "models run on the CPU"),
    ("name: \"a", "line 1"),
])
func refusesWhatItCannotHonourByNameAndPlace(_ text: String, _ words: String) {
    let message = problem { try read(text) }
    #expect(message.contains(words), "\(message)")
    #expect(message.hasPrefix("config.pbtxt, line"), "\(message)")
}

@Test(arguments: [
    ("[]", "a model configuration is an object"), ("{", "it"),
    (#"{"input": [[1]]}"#, "a list cannot hold lists"),
    (#"{"name": "a", "name": "b"}"#, "'name' is there twice"),
    (#"{"max_batch_size": 1.5}"#, "'max_batch_size' is '1.5'"),
    (#"{"maxBatchSise": 1}"#, "there is no field 'max_batch_sise'"),
    (#"{"parameters": {"a": 1}}"#, "'parameters' must hold messages"),
])
func refusesJSONThatIsNoModelConfiguration(_ text: String, _ words: String) {
    let message = problem { try readJSON(text) }
    #expect(message.contains(words), "\(message)")
}

@Test func ownConfigurationFillsWhatTheServersLeavesOpen() throws {
    var model = AspiredModel(name: try ModelName("digits"), baseDirectory: "/m/digits")
    model.scheduling.instances = 9
    model.options = EngineOptions(["intra_op_threads": .integer(1)])
    var own = try read(full)
    own.outputs = []
    let completed = try model.completed(by: own, directory: "/m/digits")
    #expect(completed.engine == "onnxruntime")
    #expect(completed.versionPolicy == .specific([ModelVersion(1), ModelVersion(3)]))
    #expect(completed.scheduling.batchRowsMaximum == 8)
    #expect(completed.scheduling.queuedRequestsMaximum == 7)
    #expect(completed.scheduling.instances == 9)
    #expect(completed.options.values["intra_op_threads"] == .integer(1))
    #expect(completed.content.fileName == "net.onnx")
    #expect(completed.content.signature?.inputs.first?.dimensions == [-1, 2, -1])
    #expect(completed.content.warmUpSamples.first?.inputs.first?.dimensions == [2, 2, 5])
    own.name = "letters"
    #expect(throws: ServingError.self) {
        try model.completed(by: own, directory: "/m/digits")
    }
}

@Test(
    arguments: [
        ("", nil), ("max_batch_size: 0", 1), ("max_batch_size: 6", 1),
        ("max_batch_size: 6 dynamic_batching { }", 6),
    ] as [(String, Int?)])
func maxBatchSizeAndDynamicBatchingDecideHowManyRowsShareARun(_ text: String, _ rows: Int?) throws {
    let policy = try read(text).scheduling(over: .standard)
    #expect(policy.batchRowsMaximum == rows ?? SchedulingPolicy.standard.batchRowsMaximum)
}
