import Glibc
import ServingCore

/// An open file, or what one would hold, read in parts.
final class FileBytes {
    /// Bytes in it.
    let count: Int
    /// Negative: the bytes are in `memory`.
    private let descriptor: Int32
    private let memory: [UInt8]

    /// Opens a regular file.
    ///
    /// - Throws: `file_unreadable`, or `model_invalid` for what is no regular file.
    init(_ path: String) throws(ServingError) {
        // Without O_NONBLOCK a named pipe would block for ever.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            throw ServingError(
                .fileUnreadable, "cannot read \(path): \(String(cString: strerror(errno)))")
        }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw ServingError(.modelInvalid, "\(path) is not a regular file")
        }
        self.descriptor = descriptor
        memory = []
        count = Int(status.st_size)
    }

    /// The content of a file, in memory.
    init(_ bytes: [UInt8]) {
        descriptor = -1
        memory = bytes
        count = bytes.count
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    /// Exactly so many bytes from an offset.
    ///
    /// - Throws: `model_invalid` when the file has fewer; `file_unreadable`.
    func read(at offset: Int, count wanted: Int) throws(ServingError) -> [UInt8] {
        guard offset >= 0, wanted >= 0, offset <= count, wanted <= count - offset else {
            throw ServingError(
                .modelInvalid,
                "it has \(count) bytes, but refers to byte \(offset): it is cut short or damaged")
        }
        guard descriptor >= 0 else { return Array(memory[offset..<(offset + wanted)]) }
        var bytes = [UInt8](repeating: 0, count: wanted)
        var done = 0
        while done < wanted {
            let read = bytes.withUnsafeMutableBytes {
                pread(descriptor, $0.baseAddress.map { $0 + done }, wanted - done, offset + done)
            }
            if read < 0, errno == EINTR { continue }
            guard read > 0 else {
                throw ServingError(.fileUnreadable, "the file cannot be read to its end")
            }
            done += read
        }
        return bytes
    }
}
