import Glibc

/// What the C library's allocator holds, summed over its arenas.
struct MallocStatistics: Equatable {
    /// Arenas, each with free memory of its own.
    var arenas = 0
    /// Bytes that the arenas have from the system.
    var systemBytes: UInt64 = 0
    /// Bytes of those that are free.
    var freeBytes: UInt64 = 0
    /// Bytes of large blocks that were mapped by themselves.
    var mappedBytes: UInt64 = 0

    /// Reads the XML that `malloc_info` of glibc writes; nil when it has another form.
    ///
    /// The sums over all arenas follow the last `</heap>`.
    init?(xml: String) {
        let lines = xml.split(separator: "\n")
        arenas = lines.filter { $0.hasPrefix("<heap ") }.count
        guard let last = lines.lastIndex(where: { $0.hasPrefix("</heap>") }) else { return nil }
        var hasSystem = false
        for line in lines[last...] {
            guard let size = Self.attribute("size", of: line).flatMap({ UInt64($0) }) else {
                continue
            }
            let type = Self.attribute("type", of: line)
            if line.hasPrefix("<total "), type == "fast" || type == "rest" { freeBytes += size }
            if line.hasPrefix("<total "), type == "mmap" { mappedBytes = size }
            if line.hasPrefix("<system "), type == "current" {
                systemBytes = size
                hasSystem = true
            }
        }
        guard hasSystem else { return nil }
    }

    /// Asks the allocator; nil when it is not glibc's.
    static func current() -> MallocStatistics? {
        typealias MallocInfo = @convention(c) (Int32, UnsafeMutablePointer<FILE>) -> Int32
        // `malloc.h` is not part of the Glibc module, so the function is looked up by name.
        guard let symbol = dlsym(nil, "malloc_info") else { return nil }
        let mallocInfo = unsafeBitCast(symbol, to: MallocInfo.self)
        var text: UnsafeMutablePointer<CChar>?
        var size = 0
        guard let stream = open_memstream(&text, &size) else { return nil }
        let status = mallocInfo(0, stream)
        fclose(stream)
        defer { free(text) }
        guard status == 0, let text else { return nil }
        return MallocStatistics(xml: String(cString: text))
    }

    private static func attribute(_ name: String, of line: Substring) -> Substring? {
        for part in line.split(whereSeparator: { $0 == " " || $0 == "/" || $0 == ">" })
        where part.hasPrefix(name + "=\"") && part.hasSuffix("\"") {
            return part.dropFirst(name.utf8.count + 2).dropLast()
        }
        return nil
    }
}

/// The C library's memory, to tell memory in use from memory that it merely keeps.
public struct MallocMetrics: MetricSource {
    /// Has no state.
    public init() {}

    public func write(to page: inout ExpositionWriter) {
        guard let statistics = MallocStatistics.current() else { return }
        page.family("slipway_malloc_arenas", .gauge, "Arenas of the C library's allocator.")
        page.sample(.none, statistics.arenas)
        page.family(
            "slipway_malloc_system_bytes", .gauge,
            "Bytes that the allocator's arenas have from the system.")
        page.sample(.none, statistics.systemBytes)
        page.family("slipway_malloc_free_bytes", .gauge, "Bytes of the arenas that are free.")
        page.sample(.none, statistics.freeBytes)
        page.family(
            "slipway_malloc_mapped_bytes", .gauge,
            "Bytes of large blocks that the allocator mapped by themselves.")
        page.sample(.none, statistics.mappedBytes)
    }
}
