import Glibc

/// The process metrics with the names that Prometheus' own client libraries use.
///
/// Source: prometheus.io/docs/instrumenting/writing_clientlibs, "Process metrics". What this machine
/// does not report is left out.
public struct ProcessMetrics: MetricSource {
    private let startSeconds: Double?

    /// Reads once what does not change: when the process was started.
    public init() {
        startSeconds = Self.startTime(
            status: SmallFile.read("/proc/self/stat"), machine: SmallFile.read("/proc/stat"),
            ticksPerSecond: Double(sysconf(Int32(_SC_CLK_TCK))))
    }

    public func write(to page: inout ExpositionWriter) {
        page.family(
            "process_cpu_seconds_total", .counter,
            "Total user and system CPU time spent in seconds.")
        page.sample(.none, Self.cpuSeconds())
        if let status = SmallFile.read("/proc/self/stat").flatMap(ProcessStatus.init) {
            page.family("process_threads", .gauge, "Number of OS threads in the process.")
            page.sample(.none, status.threads)
            page.family(
                "process_virtual_memory_bytes", .gauge, "Virtual memory size in bytes.")
            page.sample(.none, status.virtualBytes)
            page.family(
                "process_resident_memory_bytes", .gauge, "Resident memory size in bytes.")
            page.sample(.none, status.residentPages &* UInt64(max(0, sysconf(Int32(_SC_PAGESIZE)))))
        }
        // One of the entries is the directory that is being read.
        if let entries = SmallFile.entries(in: "/proc/self/fd") {
            page.family("process_open_fds", .gauge, "Number of open file descriptors.")
            page.sample(.none, max(0, entries - 1))
        }
        var limit = rlimit()
        if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
            page.family("process_max_fds", .gauge, "Maximum number of open file descriptors.")
            page.sample(.none, UInt64(limit.rlim_cur))
        }
        if let startSeconds {
            page.family(
                "process_start_time_seconds", .gauge,
                "Start time of the process since unix epoch in seconds.")
            page.sample(.none, startSeconds)
        }
    }

    /// Seconds after 1970 at which the process was started; nil when the files have another form.
    static func startTime(status: String?, machine: String?, ticksPerSecond: Double) -> Double? {
        guard ticksPerSecond > 0, let status = status.flatMap(ProcessStatus.init),
            let line = machine?.split(separator: "\n").first(where: { $0.hasPrefix("btime ") }),
            let boot = UInt64(line.dropFirst(6))
        else { return nil }
        return Double(boot) + Double(status.startTicks) / ticksPerSecond
    }

    private static func cpuSeconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
