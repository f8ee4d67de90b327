import Glibc
import NIOCore
import NIOPosix
import ServingCore

extension Listener {
    /// Binds where the configuration says, and turns what goes wrong into what to do about it.
    func bind(
        _ bootstrap: ServerBootstrap, at address: ListenerAddress
    ) async throws(ServingError) -> (any Channel, UnixSocketFile?) {
        do {
            switch address {
            case .tcp(let host, let port):
                guard (0...65535).contains(port) else {
                    throw ServingError(
                        .addressUnavailable, "port \(port) does not exist; choose 1 to 65535")
                }
                return (try await bootstrap.bind(host: host, port: port).get(), nil)
            case .unix(let path):
                let (file, descriptor) = try UnixSocketFile.bind(path)
                do {
                    return (try await bootstrap.withBoundSocket(descriptor).get(), file)
                } catch {
                    file.remove()
                    throw error
                }
            }
        } catch let error as ServingError {
            throw error
        } catch {
            throw Self.explain(error, address)
        }
    }

    private static func explain(_ error: any Error, _ address: ListenerAddress) -> ServingError {
        if case .unknown(let host, _) = error as? SocketAddressError {
            return ServingError(
                .addressUnavailable,
                "cannot listen on \(address): no address is known for host '\(host)'; use a name "
                    + "that resolves, or an address of this machine such as 127.0.0.1", cause: error
            )
        }
        let advice: String
        switch (error as? IOError)?.errnoCode {
        case EADDRINUSE: advice = "the port is in use; stop what uses it or choose another port"
        case EACCES: advice = "permission is denied; choose a port above 1023"
        case EADDRNOTAVAIL: advice = "this machine has no such address; use one that it has"
        default: advice = "\(error); check the host name and the port"
        }
        return ServingError(
            .addressUnavailable, "cannot listen on \(address): \(advice)", cause: error)
    }
}
