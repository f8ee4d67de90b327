import EngineInterface
import ServingCore

/// The checks of `slipway doctor`: each a pure judgement of what was read from the machine.
public enum Doctor {
    /// Whether processors and quota make for steady latencies.
    static func processors(_ share: ProcessorShare, budget: CPUBudget) -> DoctorCheck {
        var finding = "\(budget.processors) to use"
        if let allowed = share.allowed { finding += "; \(allowed) in the affinity mask" }
        guard let quota = share.quota else {
            return DoctorCheck("processors", .ok, finding + "; no cgroup quota")
        }
        finding += "; cgroup quota \(oneDecimal(quota))"
        guard quota < 1 else { return DoctorCheck("processors", .ok, finding) }
        return DoctorCheck(
            "processors", .warning, finding,
            remedy: "Below one processor the kernel pauses the server within every period, so "
                + "latencies jump: give it at least 1 (docker run --cpus 1, "
                + "resources.limits.cpu: 1).")
    }

    /// Whether there is memory for a model.
    static func memory(_ memory: MachineMemory) -> DoctorCheck {
        guard let free = memory.freeBytes else {
            return DoctorCheck("memory", .warning, "this machine does not say how much there is")
        }
        var finding = "\(bytes(free)) free"
        if let total = memory.totalBytes { finding += " of \(bytes(total))" }
        if let limit = memory.limitBytes { finding += "; cgroup limit \(bytes(limit))" }
        guard free < 512 << 20 else { return DoctorCheck("memory", .ok, finding) }
        return DoctorCheck(
            "memory", .warning, finding,
            remedy: "Loading a model needs its size and more: free some memory, or raise the limit "
                + "(docker run --memory, resources.limits.memory).")
    }

    /// Whether as many connections as the listener accepts find a file descriptor.
    ///
    /// - Parameters:
    ///   - soft: The limit now; nil for none.
    ///   - hard: What it may be raised to; nil for none.
    static func openFiles(soft: Int?, hard: Int?) -> DoctorCheck {
        let wanted = Limits.connectionsMaximum + 1024
        guard let soft, soft < wanted else {
            return DoctorCheck("open files", .ok, soft.map { "at most \($0)" } ?? "no limit")
        }
        let way =
            hard.map { $0 >= wanted } ?? true
            ? "ulimit -n \(wanted)" : "LimitNOFILE=\(wanted) (systemd), --ulimit nofile=\(wanted)"
        return DoctorCheck(
            "open files", .warning, "at most \(soft), while \(wanted) are wanted",
            remedy: "With more connections than that, new ones are refused: \(way).")
    }

    /// Whether changes in model directories are noticed at once.
    static func fileWatching(instances: Int?, watches: Int?) -> DoctorCheck {
        guard let instances, let watches else {
            return DoctorCheck(
                "inotify", .warning, "this kernel does not offer it",
                remedy: "Model directories are looked at every few seconds instead.")
        }
        let finding = "\(instances) instances, \(watches) watches a user"
        guard instances < 16 || watches < 1024 else { return DoctorCheck("inotify", .ok, finding) }
        return DoctorCheck(
            "inotify", .warning, finding,
            remedy: "When other programs use them up, model directories are looked at every few "
                + "seconds instead: sysctl fs.inotify.max_user_instances=128 "
                + "fs.inotify.max_user_watches=65536.")
    }

    /// Whether tensors can be exchanged with other processes through shared memory.
    static func sharedMemory(totalBytes: Int?, freeBytes: Int?) -> DoctorCheck {
        guard let totalBytes, let freeBytes else {
            return DoctorCheck(
                "/dev/shm", .warning, "not there",
                remedy: "Engines in worker processes exchange tensors through it: "
                    + "mount -t tmpfs tmpfs /dev/shm.")
        }
        let finding = "\(bytes(freeBytes)) free of \(bytes(totalBytes))"
        guard totalBytes < 256 << 20 else { return DoctorCheck("/dev/shm", .ok, finding) }
        return DoctorCheck(
            "/dev/shm", .warning, finding,
            remedy: "Engines in worker processes exchange tensors through it; containers get "
                + "64 MiB unless told otherwise: docker run --shm-size 1g.")
    }

    /// Whether a listener can bind its port.
    ///
    /// - Parameter reason: The system's words for why not; nil when it can.
    static func port(_ port: Int, host: String, key: String, reason: String?) -> DoctorCheck {
        guard let reason else {
            return DoctorCheck("port \(port)", .ok, "free on \(host) (\(key))")
        }
        return DoctorCheck(
            "port \(port)", .warning, "cannot be bound on \(host): \(reason)",
            remedy: "If that is not Slipway itself, stop what listens there "
                + "(ss -ltnp 'sport = :\(port)'), or choose another port with \(key).")
    }

    /// Whether each engine finds its library. Without any engine but the built-in one no real model
    /// can be served.
    static func engines(_ report: EnginesReport) -> [DoctorCheck] {
        let isAnyUsable = report.entries.contains { $0.isAvailable && $0.name != "builtin" }
        return report.entries.map { entry in
            switch entry.availability {
            case .available(let version, let path):
                let finding = path.map { "version \(version) at \($0)" } ?? "built in"
                return DoctorCheck("engine \(entry.name)", .ok, finding)
            case .missing(let error):
                return DoctorCheck(
                    "engine \(entry.name)", isAnyUsable ? .warning : .failure, "not usable",
                    remedy: error.message)
            }
        }
    }

    private static func bytes(_ count: Int) -> String { ByteCount(count).description }

    private static func oneDecimal(_ value: Double) -> String {
        let tenths = (value * 10).rounded()
        return "\(tenths / 10)"
    }
}
