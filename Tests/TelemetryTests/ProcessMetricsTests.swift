import NIOCore
import Testing

@testable import Telemetry

private let status =
    "4242 (a (b) c) S 1 2 3 4 -1 4194560 100 0 0 0 11 12 0 0 20 0 7 0 5000 123456789 678 "
    + "18446744073709551615 1 1 0 0 0 0 0 0 0"

@Test func readsAProcessWhoseNameHoldsParentheses() throws {
    let read = try #require(ProcessStatus(status))
    #expect(read.threads == 7)
    #expect(read.startTicks == 5000)
    #expect(read.virtualBytes == 123_456_789)
    #expect(read.residentPages == 678)
}

@Test(arguments: ["", ")", "1 (x) S 1", "no parenthesis at all"])
func refusesAStatusOfAnotherForm(text: String) {
    #expect(ProcessStatus(text) == nil)
}

@Test func computesTheStartFromBootTimeAndTicks() {
    let machine = "cpu  1 2 3\nbtime 1700000000\nprocesses 5\n"
    let start = ProcessMetrics.startTime(status: status, machine: machine, ticksPerSecond: 100)
    #expect(start == 1_700_000_050)
    #expect(
        ProcessMetrics.startTime(status: status, machine: "cpu 1\n", ticksPerSecond: 100) == nil)
    #expect(ProcessMetrics.startTime(status: nil, machine: machine, ticksPerSecond: 100) == nil)
}

@Test func showsThisProcessUnderTheStandardNames() throws {
    let page = String(buffer: MetricsPage([ProcessMetrics()]).render())
    for name in [
        "process_cpu_seconds_total", "process_threads", "process_virtual_memory_bytes",
        "process_resident_memory_bytes", "process_open_fds", "process_max_fds",
        "process_start_time_seconds",
    ] {
        let line = try #require(page.split(separator: "\n").first { $0.hasPrefix(name + " ") })
        let value = try #require(Double(line.dropFirst(name.count + 1)))
        #expect(value > 0, "\(name) is \(value)")
    }
}

@Test func sumsTheArenasOfMallocInfo() throws {
    let xml = """
        <malloc version="1">
        <heap nr="0">
        <sizes>
          <size from="33" to="48" total="96" count="2"/>
        </sizes>
        <total type="fast" count="2" size="96"/>
        <total type="rest" count="1" size="1000"/>
        <system type="current" size="135168"/>
        </heap>
        <heap nr="1">
        <total type="fast" count="0" size="0"/>
        <total type="rest" count="1" size="500"/>
        <system type="current" size="135168"/>
        </heap>
        <total type="fast" count="2" size="96"/>
        <total type="rest" count="2" size="1500"/>
        <total type="mmap" count="1" size="4096"/>
        <system type="current" size="270336"/>
        <system type="max" size="270336"/>
        <aspace type="total" size="270336"/>
        </malloc>
        """
    let statistics = try #require(MallocStatistics(xml: xml))
    #expect(statistics.arenas == 2)
    #expect(statistics.systemBytes == 270_336)
    #expect(statistics.freeBytes == 1_596)
    #expect(statistics.mappedBytes == 4_096)
    #expect(MallocStatistics(xml: "<jemalloc/>") == nil)
    #expect(MallocStatistics(xml: "<heap nr=\"0\">\n</heap>\n<total type=\"rest\"/>") == nil)
}

@Test func asksThisMachinesAllocator() throws {
    let statistics = try #require(MallocStatistics.current())
    #expect(statistics.arenas > 0)
    #expect(statistics.systemBytes > statistics.freeBytes)
}

@Test func namesTheBuild() {
    let page = MetricsPage([BuildInfoMetrics(version: "1.2.3", swift: "6.3")]).render()
    #expect(
        String(buffer: page).hasSuffix("slipway_build_info{version=\"1.2.3\",swift=\"6.3\"} 1\n"))
}
