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
                Glibc.send(socket, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL.rawValue))
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
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        for descriptor in Int32(0)...2 {
            posix_spawn_file_actions_adddup2(&actions, streams, descriptor)
        }
        // What other libraries of the server have open without close-on-exec stays here.
        posix_spawn_file_actions_addclosefrom_np(&actions, 3)
        configure(&attributes)
        var vector = ([program] + arguments).map { strdup($0) } + [nil]
        defer { for word in vector { free(word) } }
        var leader = pid_t()
        let status = posix_spawn(&leader, program, &actions, &attributes, &vector, environ)
        guard status == 0 else {
            throw ServingError(
                .libraryMissing,
                "cannot start \(program): \(String(cString: strerror(status)))")
        }
        return leader
    }

    /// A group of its own, and signals as a new process expects them: our threads block all.
    private static func configure(_ attributes: inout posix_spawnattr_t) {
        var none = sigset_t()
        var all = sigset_t()
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setpgroup(&attributes, 0)
        let flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
        posix_spawnattr_setflags(&attributes, Int16(flags))
    }
}
