public import Models
public import Protocols

/// Everything that an operator may choose: `slipway.yaml` with every default filled in.
public struct Configuration: Hashable, Sendable {
    /// Where the server listens.
    public var listen = ListenSettings()
    /// Certificates of the REST listener; without a certificate it speaks plain HTTP.
    public var tls = TLSSettings()
    /// Bounds on what clients may send and how long they may take.
    public var limits = LimitSettings()
    /// Processors to use instead of what the cgroup and the affinity mask allow; nil to ask them.
    public var processors: Int?
    /// Absolute directories that are searched for engine libraries first.
    public var libraryDirectories: [String] = []
    /// Bytes that all loaded models together may take; nil for no limit but the machine's.
    public var memoryBytes: Int?
    /// Versions that load or unload at the same time; nil for the default of the model manager.
    public var loadThreads: Int?
    /// When model directories are looked at.
    public var scan = DirectoryScan.automatic
    /// Which of the dialects of the protocols are spoken.
    public var compatibility = CompatibilitySettings()
    /// How `/invocations` behaves.
    public var invocations = InvocationsSettings()
    /// Whether clients may load and unload models.
    public var modelControl = ModelControl.off
    /// Absolute path of a directory of models in Triton's layout; nil for none.
    public var repository: String?
    /// Whether it comes from a command line of TensorFlow Serving's, whose clients may replace the
    /// models; no key sets it.
    public var isTensorFlowServing = false
    /// What is written to the log.
    public var log = LogSettings()
    /// The models to serve.
    public var models = AspiredState()

    /// Chooses the defaults, with no models.
    public init() {}
}

/// Where the server listens.
public struct ListenSettings: Hashable, Sendable {
    /// TCP port of the REST protocols; 0 for any free one, nil when only the socket is served.
    public var restPort: Int? = 8501
    /// TCP port for administration; 0 for any free one, nil for none.
    public var adminPort: Int? = 8502
    /// The address that the REST port is bound to.
    public var host = "127.0.0.1"
    /// The address that the administration port is bound to.
    public var adminHost = "127.0.0.1"
    /// Absolute path of a Unix socket for the REST protocols as well; nil for none.
    public var restSocket: String?
    /// Where gRPC is served over TCP.
    public var grpc = GRPCPort.port(8500)
    /// Absolute path of a Unix socket for gRPC as well; nil for none.
    public var grpcSocket: String?
    /// Where the REST port shows metrics besides `/metrics`; nil when it shows none at all.
    public var metricsPath: String? = "/monitoring/prometheus/metrics"

    /// Chooses the defaults.
    public init() {}
}

/// Where gRPC is served over TCP.
public enum GRPCPort: Hashable, Sendable {
    /// A port of its own; 0 for any free one.
    case port(Int)
    /// The REST port, whose clients show by their first bytes what they speak.
    case same
    /// None.
    case off

    /// The number of a port of its own.
    public var number: Int? { if case .port(let number) = self { number } else { nil } }
}

/// The certificates of the REST and gRPC listeners; all paths are absolute.
public struct TLSSettings: Hashable, Sendable {
    /// What is asked of clients.
    public enum ClientVerification: String, Hashable, Sendable, CaseIterable {
        /// A client must show a certificate that `clientAuthorities` signed.
        case require
        /// Clients show nothing.
        case off
    }

    /// PEM file of the server's certificate and the chain after it; nil for plain HTTP.
    public var certificate: String?
    /// PEM file of the certificate's private key.
    public var key: String?
    /// PEM file of the authorities that sign client certificates.
    public var clientAuthorities: String?
    /// Whether clients must show a certificate.
    public var clientVerification = ClientVerification.off
    /// A file of TensorFlow Serving's `--ssl_config_file`, with certificates for gRPC alone; nil
    /// where gRPC has those of REST.
    public var grpcConfiguration: String?

    /// Chooses the defaults: no TLS.
    public init() {}

    /// Whether the REST listener speaks TLS.
    public var isEnabled: Bool { certificate != nil }
}

/// What is written to the log.
public struct LogSettings: Hashable, Sendable {
    /// The least severe message that is written; the names of swift-log.
    public enum Level: String, Hashable, Sendable, CaseIterable {
        case trace, debug, info, notice, warning, error, critical
    }

    /// How messages look.
    public enum Format: String, Hashable, Sendable, CaseIterable {
        case text, json
    }

    /// Whether and how each request is logged.
    public enum Access: String, Hashable, Sendable, CaseIterable {
        case off, text, json
    }

    /// The least severe message that is written.
    public var level = Level.info
    /// How messages look.
    public var format = Format.text
    /// Whether and how each request is logged.
    public var access = Access.off

    /// Chooses the defaults.
    public init() {}
}
