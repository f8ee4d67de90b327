import ServingCore

/// Where a listener listens.
public enum ListenerAddress: Hashable, Sendable, CustomStringConvertible {
    /// A TCP port; 0 lets the system choose one.
    case tcp(host: String, port: Int)
    /// A Unix domain socket at a path.
    case unix(path: String)

    /// `127.0.0.1:8501`, `[::1]:8501` or `unix:/run/slipway.sock`.
    public var description: String {
        switch self {
        case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix(let path): "unix:\(path)"
        }
    }
}

/// How much and how long a listener lets its clients; the defaults are those of `Limits`.
public struct ListenerLimits: Sendable {
    /// Longest request line plus headers, in bytes.
    public var headerBytes = Limits.headerBytesMaximum
    /// Most header fields in a request.
    public var headerFields = Limits.headerFieldsMaximum
    /// Longest request target, in bytes.
    public var targetBytes = Limits.targetBytesMaximum
    /// Largest body, in bytes, as sent and after decompression.
    public var bodyBytes = Limits.bodyBytesMaximum
    /// Largest gRPC message, in bytes, as sent; decompressed ones are within `bodyBytes` as well.
    public var messageBytes = Limits.messageBytesMaximum
    /// Bytes of all bodies that are held at once; further requests get 503.
    public var bodiesBytes = Limits.bodiesBytesMaximum
    /// Open connections; further ones get 503 and are closed (over TLS: just closed).
    public var connections = Limits.connectionsMaximum
    /// Time a client has to finish a header that it began, or a TLS handshake.
    public var headerRead = Limits.headerReadTimeout
    /// Longest pause between two parts of a body.
    public var bodyRead = Limits.bodyReadTimeout
    /// How long a connection without a request stays open.
    public var keepAlive = Limits.keepAliveTimeout
    /// How long a client may leave a reply unread.
    public var replyWrite = Limits.replyWriteTimeout
    /// How long after a request's deadline the handler's own answer is awaited.
    public var answerGrace = Limits.answerGrace
    /// How long a refused client's bytes are read and thrown away.
    public var linger = Limits.lingerTimeout

    /// Starts from `Limits`.
    public init() {}
}

/// Certificates and a key as PEM texts, for those who have no file of each.
public struct TLSTexts: Hashable, Sendable {
    /// The certificate chain, leaf first.
    public var certificateChain: String
    /// The private key of the leaf.
    public var privateKey: String
    /// Authorities whose certificates clients must present (mutual TLS); nil asks for none.
    public var clientAuthorities: String?

    /// Holds the texts.
    public init(certificateChain: String, privateKey: String, clientAuthorities: String? = nil) {
        self.certificateChain = certificateChain
        self.privateKey = privateKey
        self.clientAuthorities = clientAuthorities
    }
}

/// The certificate files of a listener, all PEM; read again when they change.
public struct TLSFiles: Hashable, Sendable {
    /// The certificate chain, leaf first.
    public var certificateChain: String
    /// The private key of the leaf.
    public var privateKey: String
    /// Authorities whose certificates clients must present (mutual TLS); nil asks for none.
    public var clientAuthorities: String?
    /// How often the files are looked at for changes.
    public var reloadInterval: Duration
    /// The texts that take the place of the files; they stay what they are until the next start.
    public private(set) var texts: TLSTexts?

    /// Takes texts instead of files.
    ///
    /// - Parameter origin: Where they come from, for messages.
    public init(texts: TLSTexts, origin: String) {
        self.init(
            certificateChain: origin, privateKey: origin,
            clientAuthorities: texts.clientAuthorities.map { _ in origin })
        self.texts = texts
    }

    /// Names the files.
    public init(
        certificateChain: String, privateKey: String, clientAuthorities: String? = nil,
        reloadInterval: Duration = .seconds(10)
    ) {
        self.certificateChain = certificateChain
        self.privateKey = privateKey
        self.clientAuthorities = clientAuthorities
        self.reloadInterval = reloadInterval
    }
}

/// What a listener speaks; clients show which of them they mean by their first bytes.
public struct ListenerProtocols: OptionSet, Hashable, Sendable {
    public let rawValue: Int

    public init(rawValue: Int) {
        self.rawValue = rawValue
    }

    /// HTTP/1.0 and HTTP/1.1.
    public static let http1 = ListenerProtocols(rawValue: 1)
    /// HTTP/2, with prior knowledge or after ALPN; what gRPC needs.
    public static let http2 = ListenerProtocols(rawValue: 2)
}

/// What a listener is told at its start.
public struct ListenerConfiguration: Sendable {
    /// Where to listen.
    public var address: ListenerAddress
    /// Certificates; nil speaks plain HTTP.
    public var tls: TLSFiles?
    /// What is spoken.
    public var protocols: ListenerProtocols = [.http1]
    /// Sizes and times allowed to clients.
    public var limits = ListenerLimits()
    /// From the end of a request's head to its deadline, the body's arrival included.
    public var requestTimeout = Limits.requestTimeout
    /// Whether JSON and text replies are compressed for clients that accept it.
    public var compressReplies = true
    /// Connections that the kernel queues before they are accepted.
    public var backlog: Int32 = 1024
    /// What logs call this listener: `rest`, `admin`.
    public var name: String

    /// Starts from the defaults.
    public init(address: ListenerAddress, name: String, tls: TLSFiles? = nil) {
        self.address = address
        self.name = name
        self.tls = tls
    }
}
