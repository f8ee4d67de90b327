import Models
import ServingCore
import Yams

/// Checks of a whole configuration: values that are right by themselves but not together.
struct ConfigurationConsistency {
    private let configuration: Configuration
    private let root: Node

    init(_ configuration: Configuration, _ root: Node) {
        self.configuration = configuration
        self.root = root
    }

    func check(_ context: inout ReadingContext) {
        checkPorts(&context)
        checkSocket(&context)
        checkTLS(&context)
        warnOfOpenHosts(&context)
        checkBodies(&context)
        checkOptions(&context)
        if configuration.models.models.isEmpty, configuration.repository == nil {
            context.warning(root.value(of: "models"), "no models are configured")
        }
    }

    /// The longest path that fits `sockaddr_un`, with its final zero.
    static let socketPathBytesMaximum = 107

    private func checkBodies(_ context: inout ReadingContext) {
        let limits = configuration.limits
        guard limits.bodiesBytes < limits.bodyBytes else { return }
        problem(
            "limits", "bodies", &context,
            "'limits.bodies' is \(limits.bodiesBytes) bytes, less than one body may have "
                + "('limits.body': \(limits.bodyBytes)); raise it or lower the other")
    }

    /// Each model's options must be ones of its engine; of any engine while none is named.
    private func checkOptions(_ context: inout ReadingContext) {
        guard case .sequence(let nodes)? = root.value(of: "models") else { return }
        for (node, model) in zip(nodes, configuration.models.models) {
            guard let options = node.value(of: "options") else { continue }
            do throws(ServingError) {
                try AspiredState(models: [model]).check(engines: Engines.all)
            } catch {
                context.error(options, error.message)
            }
        }
    }

    private func checkPorts(_ context: inout ReadingContext) {
        let listen = configuration.listen
        if listen.restPort == nil, listen.restSocket == nil, listen.grpc.number == nil,
            listen.grpcSocket == nil
        {
            problem(
                "listen", "rest", &context,
                "'listen.rest' and 'listen.grpc' are off and there is no socket: nothing would be "
                    + "served")
        }
        if listen.grpc == .same, listen.restPort == nil, listen.restSocket == nil {
            problem(
                "listen", "grpc", &context,
                "'listen.grpc' is same, but 'listen.rest' is off; give gRPC a port of its own")
        }
        checkGRPCPort(&context)
        if let port = listen.restPort, port == listen.adminPort, port != 0,
            listen.host == listen.adminHost
        {
            problem(
                "listen", "admin", &context,
                "'listen.rest' and 'listen.admin' are both port \(port) of \(listen.host); "
                    + "give them different ports")
        }
    }

    private func checkGRPCPort(_ context: inout ReadingContext) {
        let listen = configuration.listen
        guard let port = listen.grpc.number, port != 0 else { return }
        let others = [
            ("listen.rest", listen.restPort, listen.host),
            ("listen.admin", listen.adminPort, listen.adminHost),
        ]
        for (key, other, host) in others where other == port && host == listen.host {
            problem(
                "listen", "grpc", &context,
                "'listen.grpc' and '\(key)' are both port \(port) of \(host); give them different "
                    + "ports"
                    + (key == "listen.rest" ? ", or write 'grpc: same' to share one" : ""))
        }
    }

    private func checkSocket(_ context: inout ReadingContext) {
        let listen = configuration.listen
        for (key, path) in [("rest_socket", listen.restSocket), ("grpc_socket", listen.grpcSocket)]
        {
            guard let path, path.utf8.count > Self.socketPathBytesMaximum else { continue }
            problem(
                "listen", key, &context,
                "'listen.\(key)' is \(path.utf8.count) bytes long as an absolute path; the system "
                    + "takes at most \(Self.socketPathBytesMaximum)")
        }
        if let path = listen.grpcSocket, path == listen.restSocket {
            problem(
                "listen", "grpc_socket", &context,
                "'listen.grpc_socket' and 'listen.rest_socket' are both '\(path)'; give them "
                    + "different paths, or write 'grpc: same' to share one")
        }
    }

    private func checkTLS(_ context: inout ReadingContext) {
        let tls = configuration.tls
        if tls.certificate != nil, tls.key == nil {
            problem(
                "tls", "certificate", &context,
                "'tls.certificate' is given without 'tls.key'; TLS needs both")
        }
        if tls.certificate == nil, tls.key != nil {
            problem(
                "tls", "key", &context,
                "'tls.key' is given without 'tls.certificate'; TLS needs both")
        }
        let isRequired = tls.clientVerification == .require
        if isRequired, tls.clientAuthorities == nil {
            problem(
                "tls", "client_verify", &context,
                "'tls.client_verify' is require, but there is no 'tls.client_ca' to verify with")
        }
        if !isRequired, tls.clientAuthorities != nil {
            problem(
                "tls", "client_ca", &context,
                "'tls.client_ca' has no effect while 'tls.client_verify' is off; set that to "
                    + "require"
            )
        }
        if isRequired, tls.certificate == nil, tls.key == nil {
            problem(
                "tls", "client_verify", &context,
                "'tls.client_verify' is require, but there is no 'tls.certificate': "
                    + "the listener would not speak TLS")
        }
    }

    private func warnOfOpenHosts(_ context: inout ReadingContext) {
        let listen = configuration.listen
        let isVerified = configuration.tls.clientVerification == .require
        let isOpen = !Self.isLoopback(listen.host) && !isVerified
        let ports = [
            listen.restPort.map { _ in "REST" }, listen.grpc.number.map { _ in "gRPC" },
        ].compactMap { $0 }.joined(separator: " and the ")
        if isOpen, !ports.isEmpty {
            context.warning(
                root.value(of: "listen")?.value(of: "host"),
                "the \(ports) port \(ports.utf8.count > 4 ? "are" : "is") open on \(listen.host) "
                    + "without authentication: whoever reaches it can use the models")
        }
        if listen.adminPort != nil, !Self.isLoopback(listen.adminHost) {
            context.warning(
                root.value(of: "listen")?.value(of: "admin_host"),
                "the administration port is open on \(listen.adminHost) without authentication")
        }
    }

    private func problem(
        _ section: String, _ key: String, _ context: inout ReadingContext, _ message: String
    ) {
        let section = root.value(of: section)
        let position = (section?.value(of: key) ?? section)?.position
        context.add(.error, position, message)
    }

    static func isLoopback(_ host: String) -> Bool {
        host == "localhost" || host == "::1"
            || (host.hasPrefix("127.") && host.utf8.allSatisfy { (0x2E...0x39).contains($0) })
    }
}
