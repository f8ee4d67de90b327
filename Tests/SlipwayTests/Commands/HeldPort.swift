import Glibc
import ServingCore

/// A listening socket on a free port of this machine, closed with the value.
final class HeldPort {
    let port: Int
    private let socket: Int32

    init() throws {
        socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let socket = socket
        let status = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                guard bind(socket, address, size) == 0, listen(socket, 1) == 0 else {
                    return Int32(-1)
                }
                return getsockname(socket, address, &size)
            }
        }
        port = Int(UInt16(bigEndian: address.sin_port))
        guard status == 0 else {
            throw ServingError(.addressUnavailable, "cannot listen on any port of this machine")
        }
    }

    deinit { close(socket) }
}
