import Glibc
public import ServingCore

extension CPUBudget {
    /// What the affinity mask and the cgroup quota allow on this machine.
    public static func detect(_ files: MachineFiles = .system) -> CPUBudget {
        ProcessorShare.detect(files)
            .budget(fallback: max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))))
    }
}
