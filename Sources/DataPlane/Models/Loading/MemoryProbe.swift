import Glibc
import ServingCore

/// Says how much memory this process may still take.
public protocol MemoryProbe: Sendable {
    /// Bytes free; `Int.max` when nothing is known. Reads a few small files, so it may block shortly.
    func availableBytes() -> Int
}

/// The least of what the machine has free and what each control group above this process allows.
public struct SystemMemoryProbe: MemoryProbe {
    /// Largest file read: all that are read are far smaller.
    private static let fileBytesMaximum = 64 * 1024

    /// Makes a probe; it has no state.
    public init() {}

    public func availableBytes() -> Int {
        let machine = Self.read("/proc/meminfo").flatMap(MemoryFigures.available(meminfo:))
        let groups = Self.read("/proc/self/cgroup").map(MemoryFigures.groupPaths(cgroup:)) ?? []
        let free = groups.flatMap { group in
            Self.free(inGroup: group)
        }
        return max(0, min(machine ?? .max, free.min() ?? .max))
    }

    /// What each control group from `group` up to the root of its tree leaves free.
    private static func free(inGroup group: MemoryFigures.Group) -> [Int] {
        var free: [Int] = []
        var path = Substring(group.path)
        while true {
            let directory = group.root + path
            if let limit = read(directory + "/" + group.limitFile).flatMap(MemoryFigures.bytes),
                let usage = read(directory + "/" + group.usageFile).flatMap(MemoryFigures.bytes)
            {
                let cache = read(directory + "/memory.stat").map(MemoryFigures.reclaimable) ?? 0
                free.append(limit - max(0, usage - cache))
            }
            guard let slash = path.lastIndex(of: "/"), !path.isEmpty else { return free }
            path = path[..<slash]
        }
    }

    private static func read(_ path: String) -> String? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: fileBytesMaximum)
        let count = Glibc.read(file, &bytes, bytes.count)
        return count >= 0 ? String(decoding: bytes[..<count], as: UTF8.self) : nil
    }
}

/// Reads the figures in the kernel's text files; pure functions.
enum MemoryFigures {
    /// A control group and the names of its memory files.
    struct Group: Equatable {
        var root: String
        var path: String
        var limitFile: String
        var usageFile: String
    }

    /// `MemAvailable` of `/proc/meminfo`, in bytes.
    static func available(meminfo: String) -> Int? {
        for line in meminfo.split(separator: "\n") where line.hasPrefix("MemAvailable:") {
            let words = line.split(separator: " ")
            guard words.count >= 2, let kilobytes = Int(words[1]) else { return nil }
            let (bytes, overflow) = kilobytes.multipliedReportingOverflow(by: 1024)
            return overflow ? nil : bytes
        }
        return nil
    }

    /// The memory control groups in `/proc/self/cgroup`, of both versions of that interface.
    static func groupPaths(cgroup: String) -> [Group] {
        cgroup.split(separator: "\n").compactMap { line in
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3 else { return nil }
            let path = parts[2] == "/" ? "" : String(parts[2])
            if parts[1].isEmpty {
                return Group(
                    root: "/sys/fs/cgroup", path: path, limitFile: "memory.max",
                    usageFile: "memory.current")
            }
            guard parts[1].split(separator: ",").contains("memory") else { return nil }
            return Group(
                root: "/sys/fs/cgroup/memory", path: path, limitFile: "memory.limit_in_bytes",
                usageFile: "memory.usage_in_bytes")
        }
    }

    /// A file that holds one number; nil for `max` and for anything that is none.
    static func bytes(_ text: String) -> Int? {
        text.split(whereSeparator: \.isWhitespace).first.flatMap { Int($0) }
    }

    /// The file cache in `memory.stat` that the kernel drops before it refuses memory.
    static func reclaimable(_ stat: String) -> Int {
        for line in stat.split(separator: "\n") {
            let words = line.split(separator: " ")
            let isCache = words.first == "inactive_file" || words.first == "total_inactive_file"
            if words.count == 2, isCache { return max(0, Int(words[1]) ?? 0) }
        }
        return 0
    }
}
