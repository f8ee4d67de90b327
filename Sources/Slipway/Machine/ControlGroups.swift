/// Where the control groups of this process keep the files of one controller.
///
/// Sources: cgroups(7), `Documentation/admin-guide/cgroup-v2.rst` of the kernel.
struct ControlGroups {
    /// Which interface a directory follows.
    enum Interface {
        case v1, v2
    }

    /// Directories from the process's own group up to the root of its tree. A limit holds for all
    /// groups below, so the least of them counts. Not all of them need exist: inside a container the
    /// paths may be the host's.
    let directories: [(path: String, interface: Interface)]

    /// Reads `/proc/self/cgroup`.
    ///
    /// - Parameter controller: `cpu` or `memory`.
    init(controller: String, files: MachineFiles) {
        var directories: [(path: String, interface: Interface)] = []
        for line in (files.read("/proc/self/cgroup") ?? "").split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3 else { continue }
            if parts[0] == "0", parts[1].isEmpty {
                directories += Self.upwards("/sys/fs/cgroup", parts[2]).map { ($0, .v2) }
            } else if parts[1].split(separator: ",").contains(Substring(controller)) {
                directories += Self.upwards("/sys/fs/cgroup/\(controller)", parts[2])
                    .map { ($0, .v1) }
            }
        }
        self.directories = directories
    }

    /// `root/a/b`, `root/a`, `root`. A path that leaves its tree (`/../x`, seen from within a
    /// namespace) stands for the root.
    private static func upwards(_ root: String, _ path: Substring) -> [String] {
        let names = path.split(separator: "/")
        guard !names.contains("..") else { return [root] }
        return (0...names.count).reversed().map { count in
            ([Substring(root)] + names.prefix(count)).joined(separator: "/")
        }
    }
}
