import Glibc
import Logging
import NIOSSL
import ServingCore
import Synchronization

/// The TLS context of a listener, made anew when its files change; connections that are open keep
/// the one that they began with.
final class CertificateStore: Sendable {
    /// Tells whether a file was changed or replaced since it was last looked at.
    private struct Stamp: Equatable {
        var inode: UInt
        var size: Int
        var seconds: Int
        var nanoseconds: Int
        var changeSeconds: Int
        var changeNanoseconds: Int
    }

    private struct State {
        var context: NIOSSLContext
        var stamps: [Stamp?]
    }

    private let files: TLSFiles
    private let protocols: ListenerProtocols
    private let logger: Logger
    private let state: Mutex<State>

    /// Reads the files.
    ///
    /// - Throws: `configuration_invalid` naming the file that cannot be used, and why.
    init(
        _ files: TLSFiles, protocols: ListenerProtocols = [.http1], logger: Logger
    ) throws(ServingError) {
        self.files = files
        self.protocols = protocols
        self.logger = logger
        // Stamps first: a change in between is seen at the next look.
        let stamps = Self.stamps(files)
        state = Mutex(State(context: try Self.load(files, protocols), stamps: stamps))
    }

    /// The context for a new connection.
    var context: NIOSSLContext { state.withLock { $0.context } }

    /// Reads the files again if one has changed; keeps the old certificate when the new one is
    /// broken, and says so once. Reads files: not for event loops.
    func reloadIfChanged() {
        let stamps = Self.stamps(files)
        guard state.withLock({ $0.stamps != stamps }) else { return }
        do throws(ServingError) {
            try reload()
        } catch {
            logger.error(
                "kept the old certificate: \(error.message)",
                metadata: ["certificate": "\(files.certificateChain)"])
        }
    }

    /// Reads the files again now.
    ///
    /// - Throws: `configuration_invalid`; the old certificate stays in use then.
    func reload() throws(ServingError) {
        guard files.texts == nil else { return }
        let stamps = Self.stamps(files)
        state.withLock { $0.stamps = stamps }
        let context = try Self.load(files, protocols)
        state.withLock { $0.context = context }
        logger.info(
            "loaded a new certificate", metadata: ["certificate": "\(files.certificateChain)"])
    }

    private static func stamps(_ files: TLSFiles) -> [Stamp?] {
        guard files.texts == nil else { return [] }
        let paths = [files.certificateChain, files.privateKey, files.clientAuthorities]
        return paths.compactMap { $0 }.map { path in
            var status = stat()
            guard stat(path, &status) == 0 else { return nil }
            return Stamp(
                inode: status.st_ino, size: status.st_size, seconds: status.st_mtim.tv_sec,
                nanoseconds: status.st_mtim.tv_nsec, changeSeconds: status.st_ctim.tv_sec,
                changeNanoseconds: status.st_ctim.tv_nsec)
        }
    }

    private static func load(
        _ files: TLSFiles, _ protocols: ListenerProtocols
    ) throws(ServingError) -> NIOSSLContext {
        let chain = try reading(files.certificateChain, "certificate chain") {
            try certificates(files.texts?.certificateChain, files.certificateChain)
        }
        guard !chain.isEmpty else {
            throw ServingError(
                .configurationInvalid,
                "the certificate chain '\(files.certificateChain)' has no certificate; "
                    + "give a PEM file, leaf first")
        }
        let key = try reading(files.privateKey, "private key") {
            try files.texts.map {
                try NIOSSLPrivateKey(bytes: Array($0.privateKey.utf8), format: .pem)
            } ?? NIOSSLPrivateKey(file: files.privateKey, format: .pem)
        }
        var settings = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
        settings.minimumTLSVersion = .tlsv12
        settings.applicationProtocols =
            (protocols.contains(.http2) ? ["h2"] : [])
            + (protocols.contains(.http1) ? ["http/1.1"] : [])
        if let authorities = files.clientAuthorities {
            settings.certificateVerification = .noHostnameVerification
            settings.trustRoots = .certificates(
                try reading(authorities, "client authorities") {
                    try certificates(files.texts?.clientAuthorities, authorities)
                })
        }
        let complete = settings
        return try reading(files.certificateChain, "certificate and its private key") {
            try NIOSSLContext(configuration: complete)
        }
    }

    /// The certificates of a text, or else of a file.
    private static func certificates(
        _ text: String?, _ path: String
    ) throws -> [NIOSSLCertificate] {
        guard let text else { return try NIOSSLCertificate.fromPEMFile(path) }
        return try NIOSSLCertificate.fromPEMBytes(Array(text.utf8))
    }

    private static func reading<Value>(
        _ path: String, _ what: String, _ body: () throws -> Value
    ) throws(ServingError) -> Value {
        do {
            return try body()
        } catch {
            // The library does not say why a file cannot be opened; the system does.
            let reason = access(path, R_OK) == 0 ? "\(error)" : String(cString: strerror(errno))
            throw ServingError(
                .configurationInvalid,
                "cannot use the \(what) '\(path)': \(reason); give a readable PEM file, and a key "
                    + "that belongs to the certificate", cause: error)
        }
    }
}
