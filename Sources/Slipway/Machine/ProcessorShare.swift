public import ServingCore

/// Which processors this process may use, and how much of their time.
public struct ProcessorShare: Hashable, Sendable {
    /// Processors in the affinity mask; nil when the kernel does not say.
    public var allowed: Int?
    /// Processors' worth of time that the control groups grant; nil without a quota.
    public var quota: Double?

    /// Reads the affinity mask and the quotas of cgroup version 1 and 2.
    public static func detect(_ files: MachineFiles = .system) -> ProcessorShare {
        let mask = (files.read("/proc/self/status") ?? "").split(separator: "\n")
            .first { $0.hasPrefix("Cpus_allowed_list:") }
        let groups = ControlGroups(controller: "cpu", files: files)
        let quotas = groups.directories.compactMap { directory, interface in
            switch interface {
            case .v2: files.read(directory + "/cpu.max").flatMap(quota(v2:))
            case .v1:
                quota(
                    microseconds: files.number(directory + "/cpu.cfs_quota_us"),
                    period: files.number(directory + "/cpu.cfs_period_us"))
            }
        }
        return ProcessorShare(
            allowed: mask.flatMap { count(list: $0.drop { $0 != ":" }.dropFirst().trimmed) },
            quota: quotas.min())
    }

    /// The budget that follows: the smaller of both, rounded up, at least 1; `fallback` when
    /// neither is known.
    public func budget(fallback: Int) -> CPUBudget {
        // A quota beyond any machine must not overflow the conversion.
        let granted = quota.map { Int(min($0, 1e6).rounded(.up)) }
        return CPUBudget(processors: min(allowed ?? granted ?? fallback, granted ?? .max))
    }

    /// The number of processors in a list as the kernel writes it: `0-3,8`; nil for another form.
    static func count(list: String) -> Int? {
        var total = 0
        for range in list.split(separator: ",", omittingEmptySubsequences: false) {
            let ends = range.split(separator: "-", omittingEmptySubsequences: false)
                .map { UInt32($0) }
            guard let first = ends.first ?? nil, let last = ends.last ?? nil, ends.count <= 2,
                first <= last
            else { return nil }
            total += Int(last - first) + 1
        }
        return total > 0 ? total : nil
    }

    /// `cpu.max`: microseconds a period, or `max`, and the period.
    static func quota(v2 text: String) -> Double? {
        let words = text.split(whereSeparator: \.isWhitespace)
        guard words.count == 2 else { return nil }
        return quota(microseconds: Int(words[0]), period: Int(words[1]))
    }

    private static func quota(microseconds: Int?, period: Int?) -> Double? {
        // Version 1 writes -1 for no quota.
        guard let microseconds, let period, microseconds > 0, period > 0 else { return nil }
        return Double(microseconds) / Double(period)
    }
}
