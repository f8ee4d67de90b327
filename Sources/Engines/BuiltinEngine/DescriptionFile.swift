import Glibc
import ServingCore

/// Reads the text file of a built-in model.
enum DescriptionFile {
    /// No description is longer.
    static let byteCountMaximum = 64 << 10

    /// The file's text.
    ///
    /// - Throws: `file_unreadable`, also for what is not a regular file; `model_invalid` when it is
    ///   too long.
    static func read(_ path: String) throws(ServingError) -> String {
        let file = try open(path)
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: byteCountMaximum + 1)
        let count = fread(&bytes, 1, bytes.count, file)
        guard ferror(file) == 0 else { throw unreadable(path) }
        guard count <= byteCountMaximum else {
            throw ServingError(
                .modelInvalid, "\(path) is longer than the \(byteCountMaximum) bytes it may have")
        }
        return String(decoding: bytes.prefix(count), as: UTF8.self)
    }

    private static func open(_ path: String) throws(ServingError) -> UnsafeMutablePointer<FILE> {
        // Without waiting: a named pipe in the place of the file would hold this thread for ever.
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw unreadable(path) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw ServingError(.fileUnreadable, "\(path) is not a regular file")
        }
        guard let file = fdopen(descriptor, "r") else {
            defer { close(descriptor) }
            throw unreadable(path)
        }
        return file
    }

    private static func unreadable(_ path: String) -> ServingError {
        ServingError(.fileUnreadable, "cannot read \(path): \(String(cString: strerror(errno)))")
    }
}
