import Glibc
import ServingCore

/// Reads whole files, up to a limit.
enum FileBytes {
    private static let chunkBytes = 1 << 16

    /// All bytes of a file, or of standard input for `-`.
    ///
    /// - Parameters:
    ///   - path: The file; relative to the working directory unless absolute.
    ///   - limit: Most bytes that are accepted.
    ///   - what: What the file is, for the error: `a configuration`.
    ///   - regularOnly: Refuses pipes and devices, which could keep the reader waiting.
    /// - Throws: `file_unreadable` when it cannot be opened or read, is a directory or has more
    ///   bytes.
    static func read(_ path: String, limit: Int, what: String, regularOnly: Bool = false)
        throws(ServingError) -> [UInt8]
    {
        if path == "-" {
            return try read(descriptor: STDIN_FILENO, "standard input", limit, what)
        }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | (regularOnly ? O_NONBLOCK : 0))
        guard descriptor >= 0 else {
            throw unreadable(path, reason: String(cString: strerror(errno)))
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw unreadable(path, reason: String(cString: strerror(errno)))
        }
        if status.st_mode & S_IFMT == S_IFDIR {
            throw unreadable(path, reason: "it is a directory")
        }
        if regularOnly, status.st_mode & S_IFMT != S_IFREG {
            throw unreadable(path, reason: "it is not a regular file")
        }
        return try read(descriptor: descriptor, "'\(path.clipped())'", limit, what)
    }

    private static func read(
        descriptor: Int32, _ name: String, _ limit: Int, _ what: String
    ) throws(ServingError) -> [UInt8] {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: chunkBytes)
        while true {
            let count = chunk.withUnsafeMutableBytes {
                Glibc.read(descriptor, $0.baseAddress, $0.count)
            }
            if count == 0 { return bytes }
            guard count > 0 else {
                if errno == EINTR { continue }
                let reason = String(cString: strerror(errno))
                throw ServingError(.fileUnreadable, "cannot read \(name): \(reason)")
            }
            guard bytes.count + count <= limit else {
                throw ServingError(
                    .fileUnreadable,
                    "\(name) has more than \(limit) bytes, the limit for \(what)")
            }
            bytes.append(contentsOf: chunk[..<count])
        }
    }

    private static func unreadable(_ path: String, reason: String) -> ServingError {
        ServingError(.fileUnreadable, "cannot read '\(path.clipped())': \(reason)")
    }
}
