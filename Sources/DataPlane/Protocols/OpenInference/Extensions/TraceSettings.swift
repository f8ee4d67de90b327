import ServingCore

/// The extension `trace`, for a server that has no tracer: the settings say that it is off, and what
/// would turn it on is refused.
struct TraceSettings: Sendable {
    /// The settings; lists for `trace_level`, one text for every other.
    func current() -> [(key: String, values: [String])] {
        [
            ("trace_level", ["OFF"]), ("trace_rate", ["1000"]), ("trace_count", ["-1"]),
            ("log_frequency", ["0"]), ("trace_file", [""]), ("trace_mode", ["triton"]),
        ]
    }

    /// Takes changes that change nothing; nil clears a setting.
    ///
    /// - Throws: `unsupported` for anything that would trace; `invalid_request` for unknown settings.
    func update(_ changes: [(key: String, values: [String]?)]) throws(ServingError) {
        for (key, values) in changes {
            guard let now = current().first(where: { $0.key == key }) else {
                throw ServingError(
                    .invalidRequest, "Unknown trace setting '\(key.clipped())'")
            }
            guard let values, values != now.values else { continue }
            // OFF as the last of several levels counts as OFF in Triton as well.
            if key == "trace_level", values.allSatisfy({ $0 == "OFF" }) { continue }
            throw ServingError(
                .unsupported,
                "this server does not trace: '\(key)' cannot be set to "
                    + "'\(values.joined(separator: ",").clipped())'; use its metrics and "
                    + "'v2/models/stats' instead")
        }
    }
}
