import Glibc
public import ServingCore

/// A file read into memory of its own, so that the bytes which are checked are the bytes which are
/// loaded, whatever happens to the file meanwhile.
///
/// The memory comes from the system and goes straight back to it on release.
///
/// `@unchecked Sendable`: the bytes are written before the initialiser returns and never after.
public final class FileContent: @unchecked Sendable {
    /// The bytes; valid while this object is retained.
    public let bytes: UnsafeRawBufferPointer

    /// Reads a file.
    ///
    /// - Throws: `file_unreadable` when it cannot be opened or read, is not a regular file, or
    ///   shrinks meanwhile; `resource_exhausted` without memory; `model_invalid` beyond
    ///   `Limits.modelFileBytesMaximum`.
    public init(_ path: String) throws(ServingError) {
        // Without waiting: a named pipe in the place of a model would hold this thread for ever.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw Self.unreadable(path) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw Self.unreadable(path) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw ServingError(.fileUnreadable, "\(path) is not a regular file")
        }
        let count = Int(status.st_size)
        guard count <= Limits.modelFileBytesMaximum else {
            throw ServingError(
                .modelInvalid,
                "\(path) has \(count) bytes; the most is \(Limits.modelFileBytesMaximum)")
        }
        guard count > 0 else {
            bytes = UnsafeRawBufferPointer(start: nil, count: 0)
            return
        }
        let memory = mmap(
            nil, count, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let memory, memory != MAP_FAILED else {
            throw ServingError(.resourceExhausted, "no memory to read \(path) (\(count) bytes)")
        }
        do throws(ServingError) {
            try Self.fill(memory, count, from: descriptor, path)
        } catch {
            munmap(memory, count)
            throw error
        }
        bytes = UnsafeRawBufferPointer(start: memory, count: count)
    }

    deinit {
        if let start = bytes.baseAddress {
            munmap(UnsafeMutableRawPointer(mutating: start), bytes.count)
        }
    }

    private static func fill(
        _ memory: UnsafeMutableRawPointer, _ count: Int, from descriptor: Int32, _ path: String
    ) throws(ServingError) {
        var filled = 0
        while filled < count {
            let step = read(descriptor, memory + filled, count - filled)
            if step < 0, errno == EINTR { continue }
            guard step >= 0 else { throw unreadable(path) }
            guard step > 0 else {
                throw ServingError(
                    .fileUnreadable,
                    "\(path) shrank from \(count) to \(filled) bytes while it was read; put new "
                        + "versions into new directories")
            }
            filled += step
        }
    }

    private static func unreadable(_ path: String) -> ServingError {
        ServingError(.fileUnreadable, "cannot read \(path): \(String(cString: strerror(errno)))")
    }
}
