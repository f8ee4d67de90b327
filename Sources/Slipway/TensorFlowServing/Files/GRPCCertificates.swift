import Listener
import ServingCore

/// The certificates of the gRPC listener: those of TensorFlow Serving's file, or else REST's.
enum GRPCCertificates {
    /// Chooses and reads them; nil for gRPC without TLS.
    ///
    /// - Throws: `file_unreadable`, or `configuration_invalid` with what is wrong with the file.
    static func files(_ settings: TLSSettings) throws(ServingError) -> TLSFiles? {
        guard let path = settings.grpcConfiguration else { return settings.files }
        let bytes = try FileBytes.read(
            path, limit: Limits.configurationBytesMaximum, what: "a TLS configuration",
            regularOnly: true)
        let reading = SSLConfig.reading(bytes, file: path)
        guard reading.isUsable, let certificate = reading.value.certificate,
            let key = reading.value.key
        else {
            let lines = reading.problems.map { $0.line(file: path) }
            throw ServingError(.configurationInvalid, lines.joined(separator: "\n"))
        }
        let authorities =
            reading.value.verifiesClients == true ? reading.value.authorities : nil
        return TLSFiles(
            texts: TLSTexts(
                certificateChain: certificate, privateKey: key, clientAuthorities: authorities),
            origin: path)
    }
}

extension TLSSettings {
    /// The listener's form of the files; nil for no TLS.
    var files: TLSFiles? {
        guard let certificate, let key else { return nil }
        return TLSFiles(
            certificateChain: certificate, privateKey: key,
            clientAuthorities: clientVerification == .require ? clientAuthorities : nil)
    }
}
