import CWorkerProcess
import Glibc
import ServingCore

/// A Python process that makes environments: it leads a process group of its own, and its standard
/// streams are one socket to us. When our end closes, however that comes about, the group ends.
///
/// `~Copyable`: ends the group and reaps the leader exactly once.
struct BuilderProcess: ~Copyable {
    private let leader: pid_t
    private let socket: Int32
    private let cancellation: EnvironmentCancellation

    /// What came of waiting for bytes.
    enum Received {
        case bytes([UInt8])
        case ended
        case timedOut
    }

    /// Starts a program.
    ///
    /// - Throws: `library_missing` when the program cannot be started; `resource_exhausted` without
    ///   descriptors or processes.
    init(
        _ program: String, _ arguments: [String], _ cancellation: EnvironmentCancellation
    ) throws(ServingError) {
        var ends: (Int32, Int32) = (-1, -1)
        let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let status = withUnsafeMutableBytes(of: &ends) { bytes in
            socketpair(AF_UNIX, type, 0, bytes.assumingMemoryBound(to: Int32.self).baseAddress)
        }
        guard status == 0 else {
            throw ServingError(
                .resourceExhausted, "no sockets: \(String(cString: strerror(errno)))")
        }
        defer { close(ends.1) }
        do throws(ServingError) {
            leader = try Self.spawn(program, arguments, streams: ends.1)
        } catch {
            close(ends.0)
            throw error
        }
        socket = ends.0
        self.cancellation = cancellation
        cancellation.watch(leader)
    }

    deinit {
        close(socket)
        cancellation.forget()
        kill(-leader, SIGKILL)
        var status: Int32 = 0
        while waitpid(leader, &status, 0) < 0, errno == EINTR {}
    }

    /// Sends all bytes; false when the process does not take them.
    borrowing func send(_ bytes: [UInt8]) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let step = bytes[sent...].withUnsafeBytes { rest in
                Glibc.send(socket, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
            }
            if step < 0, errno == EINTR { continue }
            guard step > 0 else { return false }
            sent += step
        }
        return true
    }

    /// Waits for the next bytes until a moment.
    borrowing func receive(until deadline: MonotonicTime) -> Received {
        while true {
            let left = deadline.nanoseconds(since: .now())
            guard left > 0 else { return .timedOut }
            var item = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
            let ready = poll(&item, 1, Int32(clamping: left / 1_000_000 + 1))
            if ready < 0, errno != EINTR { return .ended }
            guard ready > 0 else { continue }
            var buffer = [UInt8](repeating: 0, count: 64 * 1024)
            let count = recv(socket, &buffer, buffer.count, 0)
            if count < 0, errno == EINTR { continue }
            return count > 0 ? .bytes(Array(buffer[..<count])) : .ended
        }
    }

    private static func spawn(_ program: String, _ arguments: [String], streams: Int32)
        throws(ServingError) -> pid_t
    {
        let vector = ([program] + arguments).map { strdup($0) } + [nil]
        defer { for word in vector { free(word) } }
        let descriptors = [streams, streams, streams]
        let leader = program.withCString { executable in
            vector.withUnsafeBufferPointer { vector in
                descriptors.withUnsafeBufferPointer { descriptors in
                    var request = slipway_spawn_request()
                    request.executable = executable
                    request.arguments = vector.baseAddress
                    request.environment = UnsafePointer(environ)
                    request.descriptors = descriptors.baseAddress
                    request.descriptor_count = Int32(descriptors.count)
                    return slipway_spawn(&request)
                }
            }
        }
        guard leader > 0 else {
            throw ServingError(
                leader == -ENOENT || leader == -EACCES ? .libraryMissing : .resourceExhausted,
                "cannot start \(program): \(String(cString: strerror(-leader)))")
        }
        return leader
    }
}
