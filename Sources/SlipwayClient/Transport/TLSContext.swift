import NIOSSL
import ServingCore

/// Makes the TLS settings of a client, and says what a failed handshake means.
enum TLSContext {
    /// What to do about an error of TLS; nil for other errors.
    static func advice(_ error: any Error) -> String? {
        switch error {
        case let error as NIOSSLExtraError where error == .failedToValidateHostname:
            return "its certificate is for another host name; use the name in the certificate"
        case is NIOSSLExtraError, is NIOSSLError, is BoringSSLError: break
        default: return nil
        }
        let text = "\(error)"
        if text.contains("CERTIFICATE_VERIFY_FAILED") {
            return "its certificate is not signed by an authority that this client trusts; "
                + "give the authority's PEM file (--ca-file)"
        }
        let alerts = ["CERTIFICATE_REQUIRED", "BAD_CERTIFICATE", "UNKNOWN_CA"]
        if alerts.contains(where: text.contains) {
            return "it wants a client certificate that it trusts; give a certificate and its key"
        }
        if text.contains("WRONG_VERSION_NUMBER") {
            return "it does not speak TLS on this port; use http:// or another port"
        }
        return "the TLS handshake failed: \(text.clipped())"
    }

    /// - Throws: `file_unreadable` naming what cannot be used.
    static func make(
        _ options: ClientOptions, protocols: [String] = ["http/1.1"]
    ) throws(ServingError) -> NIOSSLContext {
        var settings = TLSConfiguration.makeClientConfiguration()
        settings.applicationProtocols = protocols
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
