import Models
import ServingCore

/// Every key of `slipway.yaml`, once: errors, reload, the printed configuration and the reference
/// page all come from these tables.
enum ConfigurationSchema {
    static let root: [ConfigurationKey<Configuration>] = [
        .init("listen", \.listen, table: listen, "Where the server listens."),
        .init(
            "tls", \.tls, table: tls,
            "Certificates of the REST and gRPC listeners; without them they speak in the clear."),
        .init(
            "limits", \.limits, table: limits,
            "What clients may send, and how long they may take."),
        .init(
            "cpus", \.processors, ValueForm<Int>.count(1...4096).or("auto"),
            "Processors to use: event loops and engine threads together; `auto` takes the cgroup "
                + "quota and the affinity mask."),
        .init(
            "memory", \.memoryBytes, ValueForm<Int>.size(1 << 20...1 << 50).or("auto"),
            "Memory that all loaded models together may take; `auto` sets no limit but the free "
                + "memory of the machine."
        ),
        .init(
            "load_threads", \.loadThreads, ValueForm<Int>.count(1...256).or("auto"),
            "Versions that load or unload at the same time; `auto` is "
                + "\(ModelManagerSettings().loaderThreads)."),
        .init(
            "library_directories", \.libraryDirectories, .paths,
            "Directories that are searched for engine libraries before all others."),
        .init(
            "scan", \.scan, .scan,
            "When model directories are looked at: `auto` on the system's events and every few "
                + "seconds, a duration sets that pause, `once` looks at start and on reload only."),
        .init(
            "compatibility", \.compatibility, table: compatibility,
            "Which dialect of a protocol is spoken where its servers differ."),
        .init(
            "invocations", \.invocations, table: invocations,
            "How `/invocations` of SageMaker and MLflow behaves."),
        .init(
            "model_control", \.modelControl, .choice,
            "Whether clients may load and unload models: `explicit` lets them."),
        .init(
            "repository", \.repository, ValueForm<String>.path.optional, default: "none",
            "A directory of models in Triton's layout, `NAME/config.pbtxt` and `NAME/N/model.*`."),
        .init("log", \.log, table: log, "What is written to the log, on standard error."),
        models,
    ]

    static let listen: [ConfigurationKey<ListenSettings>] = [
        .init(
            "rest", \.restPort, ValueForm<Int>.port.or("off"),
            "TCP port of the REST protocols; 0 takes any free one; `off` needs `rest_socket`."),
        .init(
            "admin", \.adminPort, ValueForm<Int>.port.or("off"),
            "TCP port of health, metrics and administration; 0 takes any free one."),
        .init("host", \.host, .host, "Address that the REST and the gRPC port are bound to."),
        .init(
            "admin_host", \.adminHost, .host, "Address that the administration port is bound to."),
        .init(
            "rest_socket", \.restSocket, ValueForm<String>.path.or("off"),
            "Unix socket on which the REST protocols are served as well."),
        .init(
            "grpc", \.grpc, .grpcPort,
            "TCP port of the gRPC protocols, at the address `host`; 0 takes any free one; `same` "
                + "serves them on the REST port and the REST socket."),
        .init(
            "grpc_socket", \.grpcSocket, ValueForm<String>.path.or("off"),
            "Unix socket on which the gRPC protocols are served as well."),
        .init(
            "metrics_path", \.metricsPath, ValueForm<String>.urlPath.or("off"),
            "Path besides `/metrics` where the REST port shows metrics; `off` for none there."),
    ]

    static let tls: [ConfigurationKey<TLSSettings>] = [
        .init(
            "certificate", \.certificate, ValueForm<String>.path.optional, default: "none",
            "PEM file of the server's certificate and its chain; read again when it changes."),
        .init(
            "key", \.key, ValueForm<String>.path.optional, default: "none",
            "PEM file of the private key."),
        .init(
            "client_ca", \.clientAuthorities, ValueForm<String>.path.optional, default: "none",
            "PEM file of the authorities whose client certificates are accepted."),
        .init(
            "client_verify", \.clientVerification, .choice,
            "Whether a client must show a certificate; `require` needs `client_ca`."),
        .init(
            "grpc_config", \.grpcConfiguration, ValueForm<String>.path.optional, default: "none",
            "TensorFlow Serving's `ssl_config_file`, with certificates for gRPC alone."),
    ]

    static let compatibility: [ConfigurationKey<CompatibilitySettings>] = [
        .init(
            "v1", \.v1, .choice,
            "Whose bodies stand below `/v1`: TensorFlow Serving's or KServe's."),
        .init(
            "v2", \.v2, .choice,
            "Whose readiness and error codes the Open Inference Protocol has."),
        .init(
            "cors", \.cors, .boolean,
            "Whether pages of other origins may use the REST protocols."),
        .init(
            "tensor_content", \.tensorContent, .boolean,
            "Whether TensorFlow Serving's gRPC replies carry `tensor_content` instead of typed "
                + "fields."),
        .init(
            "unavailable_labels", \.unavailableLabels, .choice,
            "Labels whose version does not answer yet: `any` may be set, `new` only labels that "
                + "named nothing else before, `none` only after the version is available. A label "
                + "that may not move stays where it is until it may."),
    ]

    static let limits: [ConfigurationKey<LimitSettings>] = [
        .init(
            "body", \.bodyBytes, .size(1...Limits.tensorBytesMaximum),
            "Largest request body, also after decompression."),
        .init(
            "bodies", \.bodiesBytes, .size(1...(1 << 40)),
            "All request bodies together that are held at once; further requests get 503."),
        .init(
            "header", \.headerBytes, .size(1 << 10...1 << 24),
            "Longest request line plus header fields."),
        .init(
            "header_fields", \.headerFields, .count(8...10_000),
            "Most header fields in a request."),
        .init(
            "connections", \.connections, .count(1...1_000_000),
            "Open connections that a listener accepts at once."),
        .init(
            "request_timeout", \.requestTimeout, .duration(.milliseconds(1)...day),
            "How long a request may take before it is given up."),
        .init(
            "header_timeout", \.headerTimeout, .duration(.milliseconds(1)...day),
            "Time a client has to send a whole header."),
        .init(
            "body_timeout", \.bodyTimeout, .duration(.milliseconds(1)...day),
            "Longest pause between two parts of a body."),
        .init(
            "idle_timeout", \.idleTimeout, .duration(.milliseconds(1)...day),
            "How long an idle kept-alive connection stays open."),
        .init(
            "reply_timeout", \.replyTimeout, .duration(.milliseconds(1)...day),
            "How long a client may leave a reply unread before it is cut off."),
        .init(
            "drain_timeout", \.drainTimeout, .duration(.zero...day),
            "How long the server waits for requests in flight when it stops."),
    ]

    static let log: [ConfigurationKey<LogSettings>] = [
        .init(
            "level", \.level, .choice, reload: .live, "The least severe message that is written."),
        .init("format", \.format, .choice, "How messages look."),
        .init("access", \.access, .choice, "Whether and how each request is logged."),
    ]

    static let day = Duration.seconds(24 * 60 * 60)
}

extension Configuration: Settings {
    static var defaults: Configuration { Configuration() }
}

extension ListenSettings: Settings {
    static var defaults: ListenSettings { ListenSettings() }
}

extension TLSSettings: Settings {
    static var defaults: TLSSettings { TLSSettings() }
}

extension CompatibilitySettings: Settings {
    static var defaults: CompatibilitySettings { CompatibilitySettings() }
}

extension LimitSettings: Settings {
    static var defaults: LimitSettings { LimitSettings() }
}

extension LogSettings: Settings {
    static var defaults: LogSettings { LogSettings() }
}
