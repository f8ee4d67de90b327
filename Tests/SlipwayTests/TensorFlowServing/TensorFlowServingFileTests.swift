import Inference
import Models
import ServingCore
import Testing

@testable import Slipway

@Suite struct TensorFlowServingFileTests {
    private func models(_ text: String, file: String = "models.config")
        -> FileReading<ModelServerConfig>
    {
        ModelServerConfig.reading(Array(text.utf8), file: file, engines: ["onnxruntime"])
    }

    private func lines(_ problems: [ConfigurationProblem]) -> [String] {
        problems.map { $0.line(file: "?") }
    }

    private static let text = """
        # two models
        model_config_list {
          config {
            name: 'a' base_path: "/models" "/a" model_platform: "tensorflow"
            model_version_policy { specific { versions: 1 versions: 2 } }
            version_labels { key: 'stable' value: 1 }
            version_labels { key: 'canary' value: 2 }
          }
          config: < name: 'b', base_path: 'file:///models/b'; model_version_policy { all {} } >
          config { name: 'c' base_path: '/c' model_platform: 'onnxruntime'
            model_version_policy { latest { num_versions: 3 } } }
        }
        """

    private static let yaml = """
        model_config_list:
          config:
            - name: a
              base_path: /models/a
              model_platform: tensorflow
              model_version_policy: { specific: { versions: [1, "2"] } }
              version_labels: { stable: 1, canary: 2 }
            - { name: b, base_path: /models/b, model_version_policy: { all: } }
            - name: c
              base_path: /c
              model_platform: onnxruntime
              model_version_policy: { latest: { num_versions: 3 } }
        """

    private static let json = """
        {"modelConfigList": {"config": [
          {"name": "a", "basePath": "/models/a", "modelPlatform": "tensorflow",
           "modelVersionPolicy": {"specific": {"versions": ["1", 2]}},
           "versionLabels": {"stable": "1", "canary": 2}},
          {"name": "b", "basePath": "/models/b", "modelVersionPolicy": {"all": {}}},
          {"name": "c", "basePath": "/c", "modelPlatform": "onnxruntime",
           "modelVersionPolicy": {"latest": {"numVersions": 3}}}]}}
        """

    @Test(arguments: [
        (text, "models.config"), (yaml, "models.yaml"), (yaml, "models.config"),
        (json, "models.json"), (json, "models.config"),
    ])
    func readsTheSameModelsFromEveryNotation(text: String, file: String) throws {
        let reading = models(text, file: file)
        #expect(lines(reading.problems) == [])
        let expected = [
            AspiredModel(
                name: try ModelName("a"), baseDirectory: "/models/a",
                versionPolicy: .specific([ModelVersion(1), ModelVersion(2)]),
                labels: [
                    try VersionLabel("stable"): ModelVersion(1),
                    try VersionLabel("canary"): ModelVersion(2),
                ]),
            AspiredModel(
                name: try ModelName("b"), baseDirectory: "/models/b", versionPolicy: .all),
            AspiredModel(
                name: try ModelName("c"), baseDirectory: "/c", versionPolicy: .latest(3),
                engine: "onnxruntime"),
        ]
        #expect(reading.value.models == expected)
    }

    @Test(arguments: [
        (
            "",
            "f: there is no 'model_config_list'; write model_config_list { config { name: 'm' "
                + "base_path: '/models/m' } }"
        ),
        (
            "model_config_lst {}",
            "f:1:1: unknown field 'model_config_lst'; did you mean 'model_config_list'?"
        ),
        (
            "custom_model_config { }",
            "f:1:21: 'custom_model_config' is refused: there are no sources of models but "
                + "directories; use model_config_list"
        ),
        (
            "model_config_list { config { name: 'a' } }",
            "f:1:28: 'model_config_list.config' has no 'base_path'; every model needs one"
        ),
        (
            "model_config_list { config { name: 'a' name: 'b' base_path: '/a' } }",
            "f:1:40: field 'model_config_list.config.name' is given twice; keep one of them"
        ),
        (
            "model_config_list { config { name: a base_path: '/a' } }",
            "f:1:36: 'model_config_list.config.name' is 'a'; it must be a model name in quotes"
        ),
        (
            "model_config_list { config { name: 'a' base_path: 'a' } }",
            "f:1:51: 'model_config_list.config.base_path' is 'a', a relative path; TensorFlow "
                + "Serving's files need absolute ones"
        ),
        (
            "model_config_list { config { name: 'a' base_path: 's3://b/a' } }",
            "f:1:51: 'model_config_list.config.base_path' is 's3://b/a', but 's3:' is not offered: "
                + "models are in local directories; mount the files and write their path"
        ),
        (
            "model_config_list { config { name: 'a' base_path: '/a' model_platform: 'onnxruntim' } }",
            "f:1:72: there is no platform 'onnxruntim'; did you mean 'onnxruntime'? (tensorflow, "
                + "which recognises the files, or an engine: onnxruntime)"
        ),
        (
            "model_config_list { config { name: 'a' base_path: '/a' logging_config {} } }",
            "f:1:71: 'model_config_list.config.logging_config' is refused: requests are not "
                + "recorded; remove it, or log them where they are sent"
        ),
        (
            "model_config_list { config { name: 'a' base_path: '/a' } config { name: 'a' base_path: '/b' } }",
            "f:1:65: model 'a' is configured twice; names are unique"
        ),
        (
            "model_config_list { config { name: 'a' base_path: '/a' model_version_policy { all {} latest {} } } }",
            "f:1:77: 'model_config_list.config.model_version_policy' names several policies; it is "
                + "one of latest, all, specific"
        ),
        (
            "model_config_list { config { name: 'a' base_path: '/a' version_labels { key: 'x' } } }",
            "f:1:71: 'model_config_list.config.version_labels' needs both 'key' and 'value'"
        ),
        (
            "model_config_list { config { name: 'a' base_path: '/a' version_labels { key: 'x' value: -1 } } }",
            "f:1:89: 'model_config_list.config.version_labels' is '-1'; it must be a whole number, "
                + "0 or more"
        ),
        ("model_config_list {\n config {", "f:2:10: expected a field or '}', found the end"),
    ])
    func refusesWithPlaceAndReason(text: String, expected: String) {
        #expect(lines(models(text, file: "f").problems) == [expected])
    }

    @Test func readsBatchingParametersAsAPolicy() {
        let text = """
            max_batch_size { value: 32 } batch_timeout_micros { value: 0 }
            max_enqueued_batches { value: 4 } num_batch_threads { value: 2 }
            allowed_batch_sizes: 8 allowed_batch_sizes: 32
            """
        let reading = BatchingParameters.reading(Array(text.utf8), file: "b")
        #expect(
            lines(reading.problems) == [
                "b:1:1: warning: 'allowed_batch_sizes' has no effect but its largest: batches are "
                    + "not padded"
            ])
        var policy = SchedulingPolicy.standard
        reading.value.apply(to: &policy)
        #expect(policy.batchRowsMaximum == 32)
        #expect(policy.queuedRequestsMaximum == 128)
        #expect(policy.instances == 2)
    }

    @Test(arguments: [
        (
            "allowed_batch_sizes: [8, 4]",
            "b:1:1: 'allowed_batch_sizes' must ascend, each size once"
        ),
        (
            "max_batch_size { value: 16 } allowed_batch_sizes: [8, 12]",
            "b:1:1: the last of 'allowed_batch_sizes' is 12; it must be the largest batch, 16"
        ),
        (
            "max_batch_size: 16 num_batch_threads { value: 1 }",
            "b:1:17: 'max_batch_size' is '16'; it must be a wrapper with one field: { value: ... }"
        ),
        (
            "max_batch_size { value: 0 }",
            "b:1:25: 'max_batch_size.value' is '0'; it must be a whole number, from 1 to 65536"
        ),
        (
            "max_batch_size { value: 4 } max_execution_batch_size { value: 8 }",
            "b:1:1: 'max_execution_batch_size' is 8, more than 'max_batch_size', 4"
        ),
    ])
    func refusesBatchingThatContradictsItself(text: String, expected: String) {
        let reading = BatchingParameters.reading(Array(text.utf8), file: "b.txt")
        #expect(
            lines(reading.problems).map { $0.replacing("b.txt", with: "b") } == [expected])
    }

    @Test func readsTheSmallFiles() {
        let monitoring = MonitoringConfig.reading(
            Array("prometheus_config { enable: true path: '/m' }".utf8), file: "m")
        #expect(monitoring.value.path == "/m" && monitoring.isUsable)
        let off = MonitoringConfig.reading(
            Array("prometheus_config: { enable: false }".utf8), file: "m")
        #expect(off.value.path == nil && off.isUsable)
        let ssl = SSLConfig.reading(Array("server_key: '/etc/key.pem'".utf8), file: "s")
        #expect(
            lines(ssl.problems) == [
                "s:1:1: 'server_key' must hold PEM text, not the name of a file",
                "s:1:1: 'server_cert' must hold PEM text, not the name of a file",
            ])
        let platform = PlatformConfig.reading(
            Array(
                """
                platform_configs { key: 'tensorflow' value { source_adapter_config {
                  [type.googleapis.com/tensorflow.serving.SavedModelBundleSourceAdapterConfig] {
                    legacy_config { batching_parameters { max_batch_size { value: 7 } } } } } } }
                """.utf8), file: "p")
        #expect(platform.isUsable)
        #expect(platform.value.batching?.batchSizeMaximum == 7)
    }
}
