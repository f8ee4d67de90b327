import Glibc
import Listener
public import ServingCore

/// The addresses that a server listens at, for scripts that started it on ports of the system's choice.
public struct Announcement: Hashable, Sendable {
    /// The base URL of the REST protocols over TCP; nil when only a socket is served.
    public var rest: String?
    /// The REST protocols' Unix socket, as `unix:PATH`.
    public var restSocket: String?
    /// Host and port of the gRPC protocols, as gRPC clients want it; nil when only a socket, or nothing,
    /// is served.
    public var grpc: String?
    /// The gRPC protocols' Unix socket, as `unix:PATH`.
    public var grpcSocket: String?
    /// The base URL of health, metrics and model states; nil when switched off.
    public var admin: String?

    /// The addresses as one JSON object, absent ones left out.
    public var json: String {
        // Addresses are made of hosts, ports and paths; only a path can need escapes.
        let members = [
            ("rest", rest), ("rest_socket", restSocket), ("grpc", grpc),
            ("grpc_socket", grpcSocket), ("admin", admin),
        ]
        return "{"
            + members.compactMap { name, value in
                value.map { "\"\(name)\": \(ConfigurationValue.quoted($0))" }
            }.joined(separator: ", ") + "}"
    }

    /// Writes the JSON to a file, which appears whole or not at all.
    ///
    /// - Throws: `file_unreadable` when the directory cannot be written.
    public func write(to path: String) throws(ServingError) {
        let aside = path + ".\(getpid())"
        let bytes = Array((json + "\n").utf8)
        let file = open(aside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        let isWritten = file >= 0 && Glibc.write(file, bytes, bytes.count) == bytes.count
        let reason = String(cString: strerror(errno))
        if file >= 0 { close(file) }
        guard isWritten, rename(aside, path) == 0 else {
            unlink(aside)
            throw ServingError(
                .fileUnreadable, "cannot write the addresses to \(path): \(reason)")
        }
    }

    /// The URL of a listener's bound address.
    static func url(_ address: ListenerAddress, isTLS: Bool) -> String {
        if case .unix = address { return "\(address)" }
        return "\(isTLS ? "https" : "http")://\(address)"
    }
}
