import Glibc
import ServingCore

/// What `/proc` and the control group tell of a process; nothing where they are not there.
enum ProcessFiles {
    /// Bytes in memory that the process shares with no file and no other process.
    static func ownBytes(of process: Int32) -> Int? {
        read("/proc/\(process)/statm").flatMap(ownBytes(statm:))
    }

    /// `total resident shared …` in pages.
    static func ownBytes(statm: String) -> Int? {
        let fields = statm.split(separator: " ")
        guard fields.count >= 3, let resident = Int(fields[1]), let shared = Int(fields[2]) else {
            return nil
        }
        let (bytes, overflow) = max(0, resident - shared).multipliedReportingOverflow(
            by: Int(sysconf(Int32(_SC_PAGESIZE))))
        return overflow ? nil : bytes
    }

    /// Whether a signal has stopped the process.
    static func isStopped(_ process: Int32) -> Bool {
        read("/proc/\(process)/stat").flatMap(state(stat:)) == "T"
    }

    /// The state in `pid (name) state …`; the name may hold anything.
    static func state(stat: String) -> Character? {
        guard let end = stat.lastIndex(of: ")") else { return nil }
        return stat[end...].dropFirst(2).first
    }

    /// How often the system has killed a process of this one's control group for want of memory.
    static func memoryKills() -> Int? {
        guard let groups = read("/proc/self/cgroup") else { return nil }
        for line in groups.split(separator: "\n") where line.hasPrefix("0::") {
            let path = "/sys/fs/cgroup\(line.dropFirst(3))/memory.events"
            if let events = read(path) { return memoryKills(events: events) }
        }
        return nil
    }

    /// The count behind `oom_kill`.
    static func memoryKills(events: String) -> Int? {
        for line in events.split(separator: "\n") where line.hasPrefix("oom_kill ") {
            return Int(line.dropFirst(9))
        }
        return nil
    }

    private static func read(_ path: String) -> String? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = Glibc.read(file, &bytes, bytes.count)
        guard count > 0 else { return nil }
        return String(decoding: bytes[..<count], as: UTF8.self)
    }
}
