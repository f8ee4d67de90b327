extension TritonFlag {
    /// All flags, those of models first.
    static let all: [TritonFlag] = models + listening + logging + others

    private static let models: [TritonFlag] = [
        .init(
            "model-repository", "",
            .honoured("Directory of models; one only, a second is refused.")),
        .init("model-store", "", .honoured("The same.")),
        .init(
            "model-control-mode", "none",
            .honoured(
                "`none`: all models, looked at once; `poll`: all models, looked at again; "
                    + "`explicit`: those of --load-model and those that clients load.")),
        .init(
            "load-model", "",
            .honoured("A model to load at start, `*` for all; needs mode explicit; repeatable.")),
        .init("repository-poll-secs", "15", .honoured("Pause between looks in mode poll.")),
        .init("model-load-thread-count", "4", .honoured("Versions that load at a time.")),
        .init(
            "exit-on-error", "true",
            .warned("a model that fails is not ready, and the server goes on")),
        .init(
            "strict-readiness", "true",
            .refused("a server is ready only when every model answers")),
        .init(
            "strict-model-config", "false",
            .refused("what config.pbtxt leaves out is taken from the model")),
        .init(
            "disable-auto-complete-config", "false",
            .refused("what config.pbtxt leaves out is taken from the model")),
        .init(
            "exit-timeout-secs", "30", .honoured("How long requests in flight may take at the end.")
        ),
    ]

    private static let listening: [TritonFlag] = [
        .init("allow-http", "true", .honoured("Whether REST is served.")),
        .init("http-port", "8000", .honoured("Port of the REST protocols.")),
        .init(
            "http-address", "0.0.0.0",
            .honoured("Address of REST and gRPC; --grpc-address must be the same.")),
        .init("allow-grpc", "true", .honoured("Whether gRPC is served.")),
        .init("grpc-port", "8001", .honoured("Port of gRPC.")),
        .init("grpc-address", "0.0.0.0", .honoured("See --http-address.")),
        .init("allow-metrics", "true", .honoured("Whether there is a port of metrics.")),
        .init(
            "metrics-port", "8002",
            .honoured("Port of metrics, health and administration, `/metrics` among them.")),
        .init(
            "metrics-address", "", .honoured("Its address; by default that of --http-address.")),
        .init("http-thread-count", "8", .warned(threads)),
        .init("grpc-infer-allocation-pool-size", "8", .warned(threads)),
        .init("grpc-infer-thread-count", "2", .warned(threads)),
        .init("reuse-http-port", "false", .refused("a port has one server")),
        .init("reuse-grpc-port", "false", .refused("a port has one server")),
        .init("grpc-use-ssl", "false", .refused(certificates)),
        .init("grpc-use-ssl-mutual", "false", .refused(certificates)),
        .init("http-restricted-api", "", .refused(restrictions)),
        .init("grpc-restricted-protocol", "", .refused(restrictions)),
    ]

    private static let logging: [TritonFlag] = [
        .init("log-verbose", "0", .honoured("1: the log's level is debug; above: trace.")),
        .init("log-info", "true", .warned("the log has one level; use --log-verbose")),
        .init("log-warning", "true", .warned("the log has one level; use --log-verbose")),
        .init("log-error", "true", .warned("the log has one level; use --log-verbose")),
        .init("log-format", "default", .warned("the log is text on standard error")),
        .init("log-file", "", .refused("the log goes to standard error; redirect it")),
        .init("trace-config", "", .refused("there is no tracer")),
    ]

    private static let others: [TritonFlag] = [
        .init("id", "", .warned("the server's name is slipway")),
        .init("allow-gpu-metrics", "true", .warned(devices)),
        .init("allow-cpu-metrics", "true", .warned("the metrics are listed in docs/monitoring.md")),
        .init("metrics-interval-ms", "2000", .warned("metrics are made when they are asked for")),
        .init("metrics-config", "", .warned("the metrics are listed in docs/monitoring.md")),
        .init("backend-directory", "", .warned("engines are part of the program")),
        .init("backend-config", "", .refused("engines are set up per model; see 'options'")),
        .init("repoagent-directory", "", .warned("models are read as they are")),
        .init("cache-config", "", .refused("answers are not cached")),
        .init("response-cache-byte-size", "0", .refused("answers are not cached")),
        .init("rate-limit", "off", .refused("runs are limited by instance_group only")),
        .init("pinned-memory-pool-byte-size", "", .warned(devices)),
        .init("cuda-memory-pool-byte-size", "", .warned(devices)),
        .init("min-supported-compute-capability", "", .warned(devices)),
        .init("buffer-manager-thread-count", "0", .warned(threads)),
        .init("model-namespacing", "false", .refused("models have one name each")),
    ]

    private static let threads = "threads follow the machine's processors; use --cpus"
    private static let devices = "no engine here uses a GPU"
    private static let certificates =
        "certificates stand under 'tls' of slipway.yaml, where 'repository' names the models"
    private static let restrictions =
        "access is not restricted by protocol; clients load models only with mode explicit"
}
