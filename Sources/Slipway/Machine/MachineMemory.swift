/// How much memory there is for this process.
public struct MachineMemory: Hashable, Sendable {
    /// Bytes of the machine.
    public var totalBytes: Int?
    /// Bytes that the machine has free for new programs, caches that can be dropped included.
    public var availableBytes: Int?
    /// Bytes that the control groups allow; nil without a limit.
    public var limitBytes: Int?
    /// Bytes in use in the group with that limit, file caches left out.
    public var usedBytes: Int?

    /// Reads `/proc/meminfo` and the limits of cgroup version 1 and 2.
    public static func detect(_ files: MachineFiles = .system) -> MachineMemory {
        let machine = files.read("/proc/meminfo") ?? ""
        var memory = MachineMemory()
        memory.totalBytes = kilobytes("MemTotal:", in: machine)
        memory.availableBytes = kilobytes("MemAvailable:", in: machine)
        for (directory, interface) in ControlGroups(controller: "memory", files: files).directories
        {
            let (limitFile, usageFile, cacheName) =
                switch interface {
                case .v2: ("/memory.max", "/memory.current", "inactive_file")
                case .v1:
                    ("/memory.limit_in_bytes", "/memory.usage_in_bytes", "total_inactive_file")
                }
            // Version 1 writes a number near 2^63 for no limit.
            guard let limit = files.number(directory + limitFile), limit > 0, limit < 1 << 60,
                limit < memory.limitBytes ?? .max
            else { continue }
            memory.limitBytes = limit
            let cache = value(cacheName, in: files.read(directory + "/memory.stat") ?? "") ?? 0
            memory.usedBytes = files.number(directory + usageFile).map { max(0, $0 - cache) }
        }
        return memory
    }

    /// Bytes that this process may still take; nil when nothing is known.
    public var freeBytes: Int? {
        let inGroup = limitBytes.map { max(0, $0 - (usedBytes ?? 0)) }
        guard let availableBytes else { return inGroup }
        return min(availableBytes, inGroup ?? .max)
    }

    /// A line of `/proc/meminfo`, in bytes.
    private static func kilobytes(_ name: String, in text: String) -> Int? {
        guard let value = value(name, in: text) else { return nil }
        let (bytes, overflow) = value.multipliedReportingOverflow(by: 1024)
        return overflow ? nil : bytes
    }

    /// The number behind a name at the start of a line.
    private static func value(_ name: String, in text: String) -> Int? {
        for line in text.split(separator: "\n") {
            let words = line.split(whereSeparator: \.isWhitespace)
            if words.count >= 2, words[0] == name { return Int(words[1]) }
        }
        return nil
    }
}
