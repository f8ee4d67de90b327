import Glibc
import ServingCore

/// A detached thread of the system, with a name; it ends when its body returns.
enum NamedThread {
    private final class Body: Sendable {
        let name: String
        let run: @Sendable () -> Void

        init(name: String, run: @escaping @Sendable () -> Void) {
            self.name = name
            self.run = run
        }
    }

    /// Starts a thread.
    ///
    /// - Throws: `resource_exhausted` when the system refuses another thread.
    static func start(_ name: String, _ run: @escaping @Sendable () -> Void) throws(ServingError) {
        let body = Unmanaged.passRetained(Body(name: name, run: run))
        var thread = pthread_t()
        let status = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                let body = Unmanaged<Body>.fromOpaque(argument).takeRetainedValue()
                LibraryCall.nameCurrentThread(body.name)
                body.run()
                return nil
            }, body.toOpaque())
        guard status == 0 else {
            body.release()
            throw ServingError(
                .resourceExhausted,
                "cannot start thread '\(name)': \(String(cString: strerror(status))); "
                    + "raise the limit on processes (ulimit -u, pids.max)")
        }
        pthread_detach(thread)
    }
}
