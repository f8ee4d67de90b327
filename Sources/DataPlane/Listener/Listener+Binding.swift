import Glibc
import NIOCore
import NIOPosix
import ServingCore

extension Listener {
    /// Binds where the configuration says, and turns what goes wrong into what to do about it.
    func bind(
        _ bootstrap: ServerBootstrap, at address: ListenerAddress
    ) async throws(ServingError) -> any Channel {
        do {
            switch address {
            case .tcp(let host, let port):
                guard (0...65535).contains(port) else {
                    throw ServingError(
                        .addressUnavailable, "port \(port) does not exist; choose 1 to 65535")
                }
                return try await bootstrap.bind(host: host, port: port).get()
            case .unix(let path):
                try UnixSocketFile.prepare(path)
                return try await bootstrap.bind(unixDomainSocketPath: path).get()
            }
        } catch let error as ServingError {
            throw error
        } catch {
            throw Self.explain(error, address)
        }
    }

    private static func explain(_ error: any Error, _ address: ListenerAddress) -> ServingError {
        let advice: String
        switch (error as? IOError)?.errnoCode {
        case EADDRINUSE: advice = "the port is in use; stop what uses it or choose another port"
        case EACCES:
            advice = "permission is denied; choose a port above 1023 or a directory you may write"
        case EADDRNOTAVAIL: advice = "this machine has no such address; use one that it has"
        case ENOENT: advice = "the directory does not exist; make it first"
        default: advice = "\(error); check the host name and the port"
        }
        return ServingError(
            .addressUnavailable, "cannot listen on \(address): \(advice)", cause: error)
    }
}
