/// How a client connects and how long it waits.
public struct ClientOptions: Sendable {
    /// Whose certificates an `https` server may show.
    public enum Trust: Sendable {
        /// The authorities that the system trusts.
        case system
        /// The authorities in a PEM file, and no others.
        case authorities(file: String)
        /// Anybody's: the connection is encrypted, but the server may be an impostor.
        case anyone
    }

    /// Whose certificates an `https` server may show.
    public var trust = Trust.system
    /// PEM files of the client's own certificate chain and key, for servers that ask for them.
    public var certificate: (chain: String, privateKey: String)?
    /// Longest wait for a connection.
    public var connectTimeout = Duration.seconds(5)
    /// Longest wait for a whole answer, the connection included.
    public var requestTimeout = Duration.seconds(60)
    /// Largest reply body that is taken, in bytes.
    public var replyBytesMaximum = 1 << 30
    /// Idle connections that are kept for later requests.
    public var idleConnections = 8

    /// Starts from the defaults.
    public init() {}
}
