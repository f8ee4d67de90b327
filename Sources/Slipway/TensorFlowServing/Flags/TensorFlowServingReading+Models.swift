import EngineInterface
import Inference
import Models
import ServingCore

// What is served, and how it is loaded and scheduled.

extension TensorFlowServingReading {
    /// The models of the list, the one model of the flags, or that of the environment.
    mutating func readModels(into configuration: inout Configuration) {
        if let path = text("model_config_file") {
            for name in ["model_base_path", "model_name"] where text(name) != nil {
                warning("--\(name) has no effect beside --model_config_file")
            }
            configuration.models =
                readFile(path, "a list of models") { [engines] in
                    let reading = ModelServerConfig.reading($0, file: $1, engines: engines)
                    return FileReading(
                        value: AspiredState(models: reading.value.models),
                        problems: reading.problems)
                } ?? AspiredState()
        } else if let model = singleModel() {
            configuration.models = AspiredState(models: [model])
        }
        _ = number("model_config_file_poll_wait_seconds", 0...86_400)
        configuration.loadThreads = loadThreads()
        configuration.scan = scan()
        let (retry, warmUp) = (retry(), warmUp())
        let tags = text("saved_model_tags")
        for index in configuration.models.models.indices {
            configuration.models.models[index].retry = retry
            configuration.models.models[index].warmUp = warmUp
            guard let tags, tags != "serve" else { continue }
            var options = configuration.models.models[index].options.values
            options["tags"] = .text(tags)
            configuration.models.models[index].options = EngineOptions(options)
        }
    }

    private mutating func singleModel() -> AspiredModel? {
        var base = text("model_base_path")
        var name = text("model_name") ?? "default"
        if usesEnvironment {
            name = text("model_name") ?? environment["MODEL_NAME"].nonEmpty ?? "model"
            base =
                (environment["MODEL_BASE_PATH"].nonEmpty ?? "/models") + "/"
                + (environment["MODEL_NAME"].nonEmpty ?? "model")
        }
        guard let base else {
            error(
                "nothing to serve: give --model_base_path=/absolute/directory with --model_name, "
                    + "or --model_config_file")
            return nil
        }
        switch LocalPath.read(base) {
        case .path(let directory):
            do throws(ServingError) {
                return AspiredModel(name: try ModelName(name), baseDirectory: directory)
            } catch {
                self.error("--model_name: \(error.message)")
            }
        case .relative:
            error(
                "--model_base_path is '\(base.clipped(to: 80))', a relative path; it must be "
                    + "absolute")
        case .scheme(let scheme):
            error(
                "--model_base_path is '\(base.clipped(to: 80))', but '\(scheme):' is not offered: "
                    + "models are in local directories; mount the files and give their path")
        }
        return nil
    }

    private mutating func loadThreads() -> Int? {
        let counts = [number("num_load_threads", 0...256), number("num_unload_threads", 0...256)]
        let most = counts.compactMap { $0 }.max() ?? 0
        return most > 0 ? most : nil
    }

    private mutating func scan() -> DirectoryScan {
        guard let seconds = number("file_system_poll_wait_seconds", -1...86_400) else {
            return .every(.seconds(1))
        }
        guard seconds >= 0 else {
            error(
                "--file_system_poll_wait_seconds is \(seconds): without a look at the directories "
                    + "no version would ever be found; give 0 to look once")
            return .once
        }
        return seconds == 0 ? .once : .every(.seconds(seconds))
    }

    private mutating func retry() -> RetryPolicy {
        let attempts = number("max_num_load_retries", 0...1000) ?? 5
        let day = 86_400_000_000
        let pause = number("load_retry_interval_micros", 0...day) ?? 60_000_000
        // The original's pause does not grow.
        let duration = Duration.microseconds(max(pause, 1000))
        return RetryPolicy(attempts: attempts, pause: duration, pauseMaximum: duration)
    }

    private mutating func warmUp() -> WarmUpPolicy {
        let iterations = number("num_request_iterations_for_warmup", 1...1000) ?? 1
        guard isSet("enable_model_warmup", otherwise: true) else {
            return WarmUpPolicy(synthetic: false, iterations: 0)
        }
        return WarmUpPolicy(synthetic: true, iterations: iterations)
    }

    // MARK: Batching

    /// Gives every model the one policy of the flags.
    mutating func readBatching(into state: inout AspiredState) {
        var policy = SchedulingPolicy.standard
        let isEnabled = isSet("enable_batching")
        policy.batchRowsMaximum = 1
        if let path = text("batching_parameters_file") {
            guard isEnabled else {
                return error(
                    "--batching_parameters_file is set without --enable_batching; set both, or "
                        + "neither")
            }
            let parameters = readFile(path, "batching parameters") {
                BatchingParameters.reading($0, file: $1)
            }
            parameters?.apply(to: &policy)
        } else if isEnabled {
            BatchingParameters().apply(to: &policy)
        }
        if let path = text("platform_config_file") {
            if isEnabled {
                warning("--enable_batching has no effect beside --platform_config_file")
            }
            let platform = readFile(path, "a platform configuration") {
                PlatformConfig.reading($0, file: $1)
            }
            policy = .standard
            policy.batchRowsMaximum = 1
            platform?.batching?.apply(to: &policy)
        }
        for index in state.models.indices { state.models[index].scheduling = policy }
    }

    // MARK: Files

    /// The files that are no lists of models.
    mutating func readFiles(into configuration: inout Configuration) {
        if let path = text("monitoring_config_file") {
            let monitoring = readFile(path, "a monitoring configuration") {
                MonitoringConfig.reading($0, file: $1)
            }
            configuration.listen.metricsPath = monitoring?.path
        }
        if let path = text("ssl_config_file") {
            _ = readFile(path, "a TLS configuration") { SSLConfig.reading($0, file: $1) }
        }
        if let path = text("tensorflow_session_config_file") {
            _ = readFile(path, "a session configuration") { SessionConfig.reading($0, file: $1) }
        }
    }

    /// Reads a file and notes its problems; nil when it cannot be used.
    private mutating func readFile<Value>(
        _ path: String, _ what: String,
        _ parse: (_ bytes: [UInt8], _ file: String) -> FileReading<Value>
    ) -> Value? {
        do throws(ServingError) {
            let reading = parse(try readFile(path, what), path)
            problems += reading.problems
            return reading.isUsable ? reading.value : nil
        } catch {
            self.error(error.message)
            return nil
        }
    }
}

extension String? {
    /// The text, unless it is empty.
    fileprivate var nonEmpty: String? { self?.isEmpty == false ? self : nil }
}
