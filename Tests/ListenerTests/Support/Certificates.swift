import Glibc
import Listener
import NIOSSL

/// Self-signed certificates, made with the `openssl` command.
struct Certificates {
    let directory: TemporaryDirectory

    var files: TLSFiles {
        TLSFiles(
            certificateChain: directory.file("server.pem"), privateKey: directory.file("server.key")
        )
    }

    /// Makes `<name>.pem` and `<name>.key`.
    func make(_ name: String) throws {
        try run([
            "/usr/bin/openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
            "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=\(name)",
            "-addext", "subjectAltName=DNS:localhost", "-keyout", directory.file("\(name).key"),
            "-out", directory.file("\(name).pem"),
        ])
    }

    /// Puts one pair in another's place.
    func replace(_ name: String, by other: String) {
        rename(directory.file("\(other).pem"), directory.file("\(name).pem"))
        rename(directory.file("\(other).key"), directory.file("\(name).key"))
    }

    /// A client that trusts one certificate, and may show one of its own.
    func client(trusting name: String, showing own: String? = nil) throws -> NIOSSLContext {
        var settings = TLSConfiguration.makeClientConfiguration()
        settings.trustRoots = .certificates(
            try NIOSSLCertificate.fromPEMFile(directory.file("\(name).pem")))
        settings.applicationProtocols = ["http/1.1"]
        if let own {
            settings.certificateChain = try NIOSSLCertificate.fromPEMFile(
                directory.file("\(own).pem")
            ).map { .certificate($0) }
            settings.privateKey = .privateKey(
                try NIOSSLPrivateKey(file: directory.file("\(own).key"), format: .pem))
        }
        return try NIOSSLContext(configuration: settings)
    }

    private func run(_ command: [String]) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        var arguments = command.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var process = pid_t()
        let status = posix_spawn(&process, command[0], &actions, nil, &arguments, environ)
        guard status == 0 else {
            throw TemporaryDirectory.Failure(what: "\(command[0]): \(status)")
        }
        var result = Int32()
        waitpid(process, &result, 0)
        guard result == 0 else { throw TemporaryDirectory.Failure(what: "openssl: \(result)") }
    }
}
