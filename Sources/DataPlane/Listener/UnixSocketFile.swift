import Glibc
import ServingCore

/// The file of a Unix domain socket: removed before binding only if it is a socket that nobody
/// listens on, and after closing only if it is still ours.
struct UnixSocketFile {
    private let path: String
    private let device: dev_t
    private let inode: ino_t

    /// Makes room for a socket at a path.
    ///
    /// - Throws: `address_unavailable` when something is there that must not be removed.
    static func prepare(_ path: String) throws(ServingError) {
        guard !path.isEmpty, path.utf8.count <= 107 else {
            throw ServingError(
                .addressUnavailable,
                "the socket path '\(path.clipped())' has \(path.utf8.count) bytes; "
                    + "choose one of 1 to 107 bytes")
        }
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFSOCK else {
            throw ServingError(
                .addressUnavailable,
                "'\(path)' exists and is not a socket; choose another path or remove the file")
        }
        guard !isAlive(path) else {
            throw ServingError(
                .addressUnavailable,
                "another process listens on unix:\(path); stop it or choose another path")
        }
        unlink(path)
    }

    /// Remembers the socket that was just bound.
    init?(boundAt path: String) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return nil }
        self.path = path
        device = status.st_dev
        inode = status.st_ino
    }

    /// Removes the file, unless another one has taken its place.
    func remove() {
        var status = stat()
        guard lstat(path, &status) == 0, status.st_dev == device, status.st_ino == inode else {
            return
        }
        unlink(path)
    }

    /// Whether somebody accepts connections; only a refused connection proves that nobody does.
    private static func isAlive(_ path: String) -> Bool {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | 0o2004000, 0)
        guard descriptor >= 0 else { return true }
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        return status == 0 || errno != ECONNREFUSED
    }
}
