public import EngineInterface
import Glibc
import ServingCore

/// What `slipway doctor` wants to know about the configuration that would be served.
public struct DoctorScope: Hashable, Sendable {
    /// A port that the server would listen on.
    public struct Port: Hashable, Sendable {
        /// The address to bind.
        public var host: String
        /// The port.
        public var port: Int
        /// The configuration's key for it: `listen.rest`.
        public var key: String

        /// Names a port.
        public init(host: String, port: Int, key: String) {
            self.host = host
            self.port = port
            self.key = key
        }
    }

    /// The ports to try.
    public var ports: [Port]

    /// Chooses the ports.
    public init(ports: [Port]) {
        self.ports = ports
    }
}

extension Doctor {
    /// Looks at this machine; takes some milliseconds, and binds each port for an instant.
    public static func look(
        _ scope: DoctorScope, engines: [any Engine], environment: EngineEnvironment,
        files: MachineFiles = .system
    ) -> DoctorReport {
        let share = ProcessorShare.detect(files)
        var checks = [
            processors(share, budget: environment.budget), memory(.detect(files)), openFiles(),
            fileWatching(
                instances: files.number("/proc/sys/fs/inotify/max_user_instances"),
                watches: files.number("/proc/sys/fs/inotify/max_user_watches")),
            sharedMemory(),
        ]
        checks += scope.ports.map { port in
            Doctor.port(
                port.port, host: port.host, key: port.key,
                reason: PortTrial.obstacle(host: port.host, port: port.port))
        }
        checks += Doctor.engines(EnginesReport(engines, environment))
        return DoctorReport(checks)
    }

    private static func openFiles() -> DoctorCheck {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
            return openFiles(soft: nil, hard: nil)
        }
        // RLIM_INFINITY is the largest number there is.
        return openFiles(
            soft: Int(exactly: limit.rlim_cur), hard: Int(exactly: limit.rlim_max))
    }

    private static func sharedMemory() -> DoctorCheck {
        var status = statvfs()
        guard statvfs("/dev/shm", &status) == 0 else {
            return sharedMemory(totalBytes: nil, freeBytes: nil)
        }
        let block = UInt64(status.f_frsize)
        return sharedMemory(
            totalBytes: Int(
                clamping: UInt64(status.f_blocks).multipliedReportingOverflow(by: block).0),
            freeBytes: Int(
                clamping: UInt64(status.f_bavail).multipliedReportingOverflow(by: block).0))
    }
}
