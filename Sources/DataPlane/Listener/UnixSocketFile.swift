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
    private static func prepare(_ path: String) throws(ServingError) {
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

    /// Binds a socket at a path and remembers its file.
    ///
    /// NIO would remove whatever is at the path when it closes a socket that it bound itself, also
    /// the file of a successor; so this program binds, and NIO only listens.
    ///
    /// - Returns: The file, and a descriptor that the caller owns.
    static func bind(_ path: String) throws(ServingError) -> (UnixSocketFile, descriptor: CInt) {
        try prepare(path)
        let descriptor = makeSocket()
        var status = stat()
        guard descriptor >= 0, withAddress(path, { Glibc.bind(descriptor, $0, $1) }) == 0,
            lstat(path, &status) == 0
        else {
            let reason = String(cString: strerror(errno))
            if descriptor >= 0 { close(descriptor) }
            throw ServingError(
                .addressUnavailable,
                "cannot listen on unix:\(path): \(reason); choose a path in a directory that "
                    + "exists and that you may write")
        }
        let file = UnixSocketFile(path: path, device: status.st_dev, inode: status.st_ino)
        return (file, descriptor)
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
        let descriptor = makeSocket()
        guard descriptor >= 0 else { return true }
        defer { close(descriptor) }
        return withAddress(path) { connect(descriptor, $0, $1) } == 0 || errno != ECONNREFUSED
    }

    private static func makeSocket() -> CInt {
        // SOCK_CLOEXEC and SOCK_NONBLOCK, which Glibc shows only as an enumeration.
        socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | 0o2004000, 0)
    }

    private static func withAddress(
        _ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> CInt
    ) -> CInt {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }
}
