import Glibc
import ServingCore

/// Where log lines go.
public enum LogDestination: Hashable, Sendable {
    case standardError
    case standardOutput
    /// A file, made when it is missing, and appended to.
    case file(path: String)
}

/// An open log: writes whole lines with as few system calls as the kernel allows.
///
/// Not for several threads at once, except that writes of a single line do not mix.
final class LogFile: Sendable {
    private let descriptor: Int32
    private let closesDescriptor: Bool

    /// Opens the destination.
    ///
    /// - Throws: `file_unreadable` when a file cannot be made or written.
    init(_ destination: LogDestination) throws(ServingError) {
        switch destination {
        case .standardError: (descriptor, closesDescriptor) = (STDERR_FILENO, false)
        case .standardOutput: (descriptor, closesDescriptor) = (STDOUT_FILENO, false)
        case .file(let path):
            descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o640)
            closesDescriptor = true
            guard descriptor >= 0 else {
                throw ServingError(
                    .fileUnreadable,
                    "cannot write the log '\(path)': \(String(cString: strerror(errno))); "
                        + "check that its directory exists and may be written")
            }
        }
    }

    deinit {
        if closesDescriptor, descriptor >= 0 { close(descriptor) }
    }

    /// Writes everything; false when the kernel refused a part (disk full, reader gone).
    func write(_ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBytes { buffer in
            var written = 0
            while written < buffer.count {
                let count = Glibc.write(
                    descriptor, buffer.baseAddress?.advanced(by: written), buffer.count - written)
                if count > 0 { written += count }
                if count < 0, errno == EINTR { continue }
                if count < 0, errno == EAGAIN {
                    // Standard error may be a pipe that someone made non-blocking.
                    var poll = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                    _ = Glibc.poll(&poll, 1, 1_000)
                    continue
                }
                if count <= 0 { return false }
            }
            return true
        }
    }
}
