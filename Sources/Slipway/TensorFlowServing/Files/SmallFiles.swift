import ServingCore
import Wire

/// `--monitoring_config_file`: whether and where the REST port shows metrics.
///
/// Source of the format: `monitoring_config.proto`.
struct MonitoringConfig: Sendable {
    /// `prometheus_config`.
    struct Prometheus: Sendable {
        var isEnabled: Bool?
        var path: String?
    }

    var prometheus: Prometheus?

    /// Where TensorFlow Serving shows metrics unless told otherwise.
    static let usualPath = "/monitoring/prometheus/metrics"

    /// The path; nil when the file asks for none.
    var path: String? {
        guard let prometheus, prometheus.isEnabled == true else { return nil }
        guard let path = prometheus.path, !path.isEmpty else { return Self.usualPath }
        return path
    }

    /// Reads the bytes of a file.
    static func reading(_ bytes: [UInt8], file: String) -> FileReading<MonitoringConfig> {
        FileDocument.read(bytes, file: file, as: MonitoringConfig()) { message, context, root in
            let fields: [FileField<Prometheus>] = [
                .boolean("enable", \.isEnabled), .string("path", \.path),
            ]
            let table: [FileField<MonitoringConfig>] = [
                .message("prometheus_config", \.prometheus, Prometheus(), fields)
            ]
            readMessage(message, "", table, &context, into: &root)
            if let path = root.path, !path.hasPrefix("/") {
                context.error(
                    message.position,
                    "'prometheus_config.path' is '\(path.clipped(to: 80))'; it "
                        + "must begin with '/'")
            }
        }
    }
}

/// `--ssl_config_file`: the certificates of the gRPC port, as PEM texts in the file itself.
///
/// Source of the format: `ssl_config.proto`.
struct SSLConfig: Sendable {
    var key: String?
    var certificate: String?
    var authorities: String?
    var verifiesClients: Bool?

    /// Reads the bytes of a file.
    static func reading(_ bytes: [UInt8], file: String) -> FileReading<SSLConfig> {
        FileDocument.read(bytes, file: file, as: SSLConfig()) { message, context, root in
            let table: [FileField<SSLConfig>] = [
                .string("server_key", \.key), .string("server_cert", \.certificate),
                .string("custom_ca", \.authorities),
                .boolean("client_verify", \.verifiesClients),
            ]
            readMessage(message, "", table, &context, into: &root)
            guard context.isUsable else { return }
            for (name, text) in [("server_key", root.key), ("server_cert", root.certificate)]
            where text?.contains("-----BEGIN") != true {
                context.error(
                    message.position, "'\(name)' must hold PEM text, not the name of a file")
            }
            if root.verifiesClients == true, root.authorities?.isEmpty != false {
                context.error(
                    message.position,
                    "'client_verify' is true, but there is no 'custom_ca' to verify with")
            }
        }
    }
}
