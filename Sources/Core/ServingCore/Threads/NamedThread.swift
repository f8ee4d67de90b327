import Glibc

/// Starts threads of our own: detached, named, with signals left to the main thread.
public enum NamedThread {
    private final class Body {
        let name: String
        let run: @Sendable () -> Void

        init(name: String, run: @escaping @Sendable () -> Void) {
            self.name = name
            self.run = run
        }
    }

    /// Runs `body` on a new thread.
    ///
    /// - Parameter name: What `top -H` and debuggers show; the kernel keeps 15 bytes.
    /// - Throws: `resource_exhausted` when the system starts no more threads.
    public static func start(_ name: String, _ body: @escaping @Sendable () -> Void)
        throws(ServingError)
    {
        let context = Unmanaged.passRetained(Body(name: name, run: body))
        var thread = pthread_t()
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        defer { pthread_attr_destroy(&attributes) }
        let status = pthread_create(
            &thread, &attributes,
            { argument in
                guard let argument else { return nil }
                NamedThread.enter(Unmanaged<Body>.fromOpaque(argument).takeRetainedValue())
                return nil
            }, context.toOpaque())
        guard status == 0 else {
            context.release()
            throw ServingError(
                .resourceExhausted,
                "cannot start thread '\(name)': \(String(cString: strerror(status)))")
        }
    }

    private static func enter(_ body: Body) {
        var signals = sigset_t()
        sigfillset(&signals)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        setName(body.name)
        body.run()
    }

    /// Writes the name where the kernel keeps it; `pthread_setname_np` is hidden behind a GNU macro.
    private static func setName(_ name: String) {
        let file = open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
        guard file >= 0 else { return }
        let bytes = Array(name.utf8.prefix(15))
        _ = write(file, bytes, bytes.count)
        close(file)
    }
}
