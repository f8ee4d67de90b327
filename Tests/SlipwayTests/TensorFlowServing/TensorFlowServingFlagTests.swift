import Glibc
import Inference
import Models
import ServingCore
import Testing

@testable import Slipway

@Suite struct TensorFlowServingFlagTests {
    private static let base = ["--port=0", "--rest_api_port=8501", "--model_base_path=/m"]

    private func read(
        _ arguments: [String], environment: [String: String] = [:],
        manner: TensorFlowServingArguments.Manner = .original, files: [String: String] = [:]
    ) throws -> ConfigurationReading {
        var reading = TensorFlowServingReading(
            arguments: try TensorFlowServingArguments.parsing(arguments, manner: manner),
            environment: environment, engines: [],
            readFile: { (path, _) throws(ServingError) in
                guard let text = files[path] else {
                    throw ServingError(.fileUnreadable, "cannot read '\(path)'")
                }
                return Array(text.utf8)
            })
        return reading.read()
    }

    /// A value of a flag's kind that is not the original's default.
    private func sample(_ flag: TensorFlowServingFlag) -> String {
        switch flag.kind {
        case .boolean: flag.standard == "true" ? "false" : "true"
        case .integer: flag.name == "port" ? "0" : "7"
        case .decimal: "0.5"
        case .text: "x"
        }
    }

    @Test(arguments: TensorFlowServingFlag.all.filter { !["version", "help"].contains($0.name) })
    func everyFlagIsHonouredRefusedOrWarnedOfOnce(flag: TensorFlowServingFlag) throws {
        let files = ["x": flag.name == "model_config_file" ? "model_config_list {}" : ""]
        let needed = flag.name == "batching_parameters_file" ? ["--enable_batching"] : []
        let arguments = Self.base + needed + ["--\(flag.name)=\(sample(flag))"]
        let path = flag.name == "model_base_path" ? ["--model_base_path=/m"] : []
        let reading = try read(arguments + path, files: files)
        let own = reading.lines.filter { $0.contains("--\(flag.name) ") }
        switch flag.effect {
        case .honoured: #expect(own.isEmpty)
        case .warned(let reason):
            #expect(
                own == ["command line: warning: --\(flag.name) has no effect: \(reason)"])
            #expect(reading.configuration != nil)
        case .refused(let reason):
            #expect(own == ["command line: --\(flag.name) is refused: \(reason)"])
            #expect(reading.configuration == nil)
        }
    }

    @Test func thePageInDocsHasTheTableOfFlags() throws {
        let path = "../../docs/coming-from-tensorflow-serving.md"
        let text = try TestFiles.text(path)
        let parts = text.split(separator: "<!-- flags -->\n", maxSplits: 1)
        let rest = try #require(parts.last).split(separator: "<!-- end -->", maxSplits: 1)
        let made =
            String(try #require(parts.first)) + "<!-- flags -->\n" + TensorFlowServingHelp.markdown
            + "<!-- end -->" + String(try #require(rest.last))
        if getenv("UPDATE_DOCS") != nil {
            try TestFiles.write(Array(made.utf8), to: TestFiles.directory + "/" + path)
        }
        #expect(
            try TestFiles.text(path) == made,
            "run: UPDATE_DOCS=1 swift test --filter TensorFlowServingFlagTests")
    }

    @Test func everyFlagTellsItsDefault() {
        let names = TensorFlowServingFlag.all.map(\.name)
        #expect(Set(names).count == names.count)
        for flag in TensorFlowServingFlag.all where flag.kind == .boolean {
            #expect(["true", "false"].contains(flag.standard), "\(flag.name)")
        }
    }

    @Test func takesFlagsInEverySpelling() throws {
        let arguments = try TensorFlowServingArguments.parsing(
            [
                "--port=1", "--rest_api_port", "2", "--enable_batching", "--noenable_profiler",
                "--enable_model_warmup=0", "--mixed_precision=", "--port=3",
                "--file_system_poll_wait_seconds", "-1",
            ], manner: .original)
        #expect(
            arguments.values == [
                "port": "3", "rest_api_port": "2", "enable_batching": "true",
                "enable_profiler": "false", "enable_model_warmup": "false", "mixed_precision": "",
                "file_system_poll_wait_seconds": "-1",
            ])
    }

    @Test(arguments: [
        (["--prot=1"], "unknown flag '--prot'; did you mean 'port'?"),
        (["--port"], "--port needs a value: --port=..."),
        (["--port=x"], "--port is 'x'; it must be a whole number"),
        (["--enable_batching=maybe"], "--enable_batching is 'maybe'; it must be true or false"),
        (
            ["--enable_batching", "true"],
            "unexpected argument 'true' among TensorFlow Serving's flags"
        ),
        (["--admin-port=1"], "unknown flag '--admin-port'"),
        (["-port=1"], "unexpected argument '-port=1' among TensorFlow Serving's flags"),
    ])
    func refusesWrongArguments(arguments: [String], expected: String) {
        let error = #expect(throws: ServingError.self) {
            try TensorFlowServingArguments.parsing(arguments, manner: .original)
        }
        #expect(error?.message == expected)
        #expect(error?.code == .invalidRequest)
    }

    @Test(arguments: [
        (["--port=8500"], true), (["--model_name", "x"], true), (["--rest_api_port=1"], true),
        (["a=./b"], false), (["--rest-port", "1"], false), (["--config", "a_b.yaml"], false),
        ([], false),
    ])
    func isRecognisedByItsSpelling(arguments: [String], expected: Bool) {
        #expect(TensorFlowServingArguments.recognises(arguments) == expected)
    }

    @Test func letsSlipwaysOwnFlagsStandBesideInServeAlone() throws {
        let arguments =
            Self.base + ["--admin-port", "0", "--log-level=debug", "--announce", "/tmp/a"]
        let configuration = try read(arguments, manner: .serve).get()
        #expect(configuration.listen.adminPort == 0)
        #expect(configuration.log.level == .debug)
        for refused in ["--config=x", "--rest-port=1", "digits=./d"] {
            #expect(throws: ServingError.self) {
                try TensorFlowServingArguments.parsing(
                    Self.base + [refused], manner: .serve)
            }
        }
    }

    @Test func setsWhatTheOriginalSets() throws {
        let configuration = try read(
            Self.base + [
                "--model_name=mnist", "--rest_api_timeout_in_ms=1500",
                "--rest_api_enable_cors_support", "--num_load_threads=2", "--num_unload_threads=5",
                "--max_num_load_retries=2", "--load_retry_interval_micros=250000",
                "--file_system_poll_wait_seconds=0", "--num_request_iterations_for_warmup=4",
                "--enable_serialization_as_tensor_content",
                "--allow_version_labels_for_unavailable_models",
            ]
        ).get()
        #expect(configuration.listen.host == "0.0.0.0")
        #expect(configuration.listen.restPort == 8501)
        #expect(configuration.listen.adminPort == nil)
        #expect(configuration.limits.requestTimeout == .milliseconds(1500))
        #expect(configuration.compatibility.cors)
        #expect(configuration.compatibility.tensorContent)
        #expect(configuration.compatibility.unavailableLabels == .new)
        #expect(configuration.loadThreads == 5)
        #expect(configuration.scan == .once)
        let model = try #require(configuration.models.models.first)
        #expect(model.name.text == "mnist" && model.baseDirectory == "/m")
        #expect(model.scheduling.batchRowsMaximum == 1)
        #expect(
            model.retry
                == RetryPolicy(
                    attempts: 2, pause: .milliseconds(250), pauseMaximum: .milliseconds(250)))
        #expect(model.warmUp == WarmUpPolicy(synthetic: true, iterations: 4))
    }

    @Test func hasTheOriginalsDefaults() throws {
        let configuration = try read(Self.base).get()
        let model = try #require(configuration.models.models.first)
        #expect(model.name.text == "default")
        #expect(model.retry.attempts == 5 && model.retry.pause == .seconds(60))
        #expect(configuration.scan == .every(.seconds(1)))
        #expect(configuration.compatibility.unavailableLabels == .none)
        #expect(configuration.limits.requestTimeout == .seconds(30))
        let off = try read(["--port=0", "--rest_api_port=0", "--model_base_path=/m"])
        #expect(off.lines.contains { $0.contains("nothing would be served") })
    }

    @Test func takesTheImagesEnvironment() throws {
        let both = try read(
            ["--port=0"], environment: ["MODEL_NAME": "half", "MODEL_BASE_PATH": "/srv"]
        ).get()
        #expect(both.models.models.first?.name.text == "half")
        #expect(both.models.models.first?.baseDirectory == "/srv/half")
        #expect(both.listen.restPort == 8501)
        let named = try read(["--port=0"], environment: ["MODEL_NAME": "half"]).get()
        #expect(named.models.models.first?.baseDirectory == "/models/half")
        let flags = try read(Self.base, environment: ["MODEL_NAME": "half"]).get()
        #expect(flags.models.models.first?.name.text == "default")
    }

    @Test func readsItsFiles() throws {
        let files = [
            "models": "model_config_list { config { name: 'a' base_path: '/a' } }",
            "batching": "max_batch_size { value: 9 }",
            "monitoring": "prometheus_config { enable: true path: '/m' }",
        ]
        let reading = try read(
            Self.base + [
                "--model_config_file=models", "--enable_batching",
                "--batching_parameters_file=batching", "--monitoring_config_file=monitoring",
            ], files: files)
        #expect(
            reading.warnings.contains(
                "command line: warning: --model_base_path has no effect beside "
                    + "--model_config_file"))
        let configuration = try reading.get()
        #expect(configuration.models.models.map(\.name.text) == ["a"])
        #expect(configuration.models.models.first?.scheduling.batchRowsMaximum == 9)
        #expect(configuration.listen.metricsPath == "/m")
        let without = try read(
            Self.base + ["--batching_parameters_file=batching"], files: files)
        #expect(without.configuration == nil)
        let missing = try read(["--port=0", "--model_config_file=gone"])
        #expect(missing.lines.contains("command line: cannot read 'gone'"))
    }
}
