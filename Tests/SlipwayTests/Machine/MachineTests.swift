import ServingCore
import Testing

@testable import Slipway

/// A machine whose kernel says what a test wrote.
private func machine(_ files: [String: String]) -> MachineFiles {
    MachineFiles { files[$0] }
}

@Test(arguments: [
    ("0", 1), ("0-3", 4), ("0-3,8", 5), ("1,3,5", 3), ("0-127", 128),
])
func countsTheProcessorsInAList(list: String, count: Int) {
    #expect(ProcessorShare.count(list: list) == count)
}

@Test(arguments: ["", "a", "3-1", "1-", "-1", "0-1-2", "1,,2", "99999999999"])
func refusesAProcessorListOfAnotherForm(list: String) {
    #expect(ProcessorShare.count(list: list) == nil)
}

@Test(arguments: [
    ("150000 100000\n", 1.5), ("max 100000\n", nil), ("100000", nil), ("-1 100000", nil),
    ("5 0", nil), ("x y", nil), ("50000 100000", 0.5),
])
func readsAQuotaOfVersion2(text: String, quota: Double?) {
    #expect(ProcessorShare.quota(v2: text) == quota)
}

@Test func theTightestQuotaAboveTheProcessCounts() {
    let share = ProcessorShare.detect(
        machine([
            "/proc/self/status": "Name:\tslipway\nCpus_allowed:\tff\nCpus_allowed_list:\t0-7\n",
            "/proc/self/cgroup": "0::/kubepods/pod1/box\n",
            "/sys/fs/cgroup/kubepods/pod1/box/cpu.max": "max 100000\n",
            "/sys/fs/cgroup/kubepods/pod1/cpu.max": "150000 100000\n",
            "/sys/fs/cgroup/kubepods/cpu.max": "400000 100000\n",
        ]))
    #expect(share == ProcessorShare(allowed: 8, quota: 1.5))
    #expect(share.budget(fallback: 64).processors == 2)
}

@Test func readsQuotasOfVersion1() {
    // Inside a container the path is the host's and does not exist; the root holds the limit.
    let share = ProcessorShare.detect(
        machine([
            "/proc/self/cgroup": "5:cpu,cpuacct:/docker/abc\n3:memory:/docker/abc\n",
            "/sys/fs/cgroup/cpu/cpu.cfs_quota_us": "300000\n",
            "/sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
        ]))
    #expect(share == ProcessorShare(allowed: nil, quota: 3))
    let unlimited = ProcessorShare.detect(
        machine([
            "/proc/self/cgroup": "5:cpu:/\n", "/sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n",
            "/sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
        ]))
    #expect(unlimited.quota == nil)
}

@Test func aPathOutOfItsNamespaceStandsForTheRoot() {
    let share = ProcessorShare.detect(
        machine([
            "/proc/self/cgroup": "0::/../../elsewhere\n", "/sys/fs/cgroup/cpu.max": "200000 100000",
        ]))
    #expect(share.quota == 2)
}

@Test(
    arguments: [
        (8, nil, 8), (8, 0.2, 1), (8, 2.0, 2), (8, 2.01, 3), (1, 16.0, 1), (nil, 3.0, 3),
        (nil, nil, 5), (4, 1e300, 4),
    ] as [(Int?, Double?, Int)])
func theBudgetIsTheSmallerOfMaskAndQuota(allowed: Int?, quota: Double?, expected: Int) {
    let share = ProcessorShare(allowed: allowed, quota: quota)
    #expect(share.budget(fallback: 5).processors == expected)
}

@Test func thisMachineHasAProcessor() {
    #expect(CPUBudget.detect().processors >= 1)
    #expect(CPUBudget.detect(machine([:])).processors >= 1)
}

@Test func findsTheTightestMemoryLimit() {
    let memory = MachineMemory.detect(
        machine([
            "/proc/meminfo": "MemTotal:  8388608 kB\nMemFree: 1 kB\nMemAvailable: 4194304 kB\n",
            "/proc/self/cgroup": "0::/a/b\n", "/sys/fs/cgroup/a/b/memory.max": "max\n",
            "/sys/fs/cgroup/a/memory.max": "1073741824\n",
            "/sys/fs/cgroup/a/memory.current": "536870912\n",
            "/sys/fs/cgroup/a/memory.stat": "anon 5\ninactive_file 268435456\n",
        ]))
    #expect(memory.totalBytes == 8 << 30)
    #expect(memory.limitBytes == 1 << 30)
    #expect(memory.usedBytes == 256 << 20)
    #expect(memory.freeBytes == 768 << 20)
}

@Test func knowsThatVersion1WritesAHugeNumberForNoLimit() {
    let memory = MachineMemory.detect(
        machine([
            "/proc/meminfo": "MemAvailable: 1024 kB\n", "/proc/self/cgroup": "3:memory:/\n",
            "/sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
        ]))
    #expect(memory.limitBytes == nil)
    #expect(memory.freeBytes == 1 << 20)
    #expect(MachineMemory.detect(machine([:])).freeBytes == nil)
}
