import NIOSSL
import ServingCore

/// Makes the TLS settings of a client.
enum TLSContext {
    /// - Throws: `file_unreadable` naming what cannot be used.
    static func make(_ options: ClientOptions) throws(ServingError) -> NIOSSLContext {
        var settings = TLSConfiguration.makeClientConfiguration()
        settings.applicationProtocols = ["http/1.1"]
        settings.minimumTLSVersion = .tlsv12
        do {
            switch options.trust {
            case .system: break
            case .authorities(let file):
                settings.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(file))
            case .anyone: settings.certificateVerification = .none
            }
            if let (chain, key) = options.certificate {
                settings.certificateChain = try NIOSSLCertificate.fromPEMFile(chain)
                    .map { .certificate($0) }
                settings.privateKey = .privateKey(try NIOSSLPrivateKey(file: key, format: .pem))
            }
            return try NIOSSLContext(configuration: settings)
        } catch {
            throw ServingError(
                .fileUnreadable,
                "cannot use the certificate files given to the client: \(error); give readable "
                    + "PEM files", cause: error)
        }
    }
}
