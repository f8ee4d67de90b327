import EngineInterface
import Glibc
import Inference
import ServingCore
import Tensors

extension EngineConformance {
    /// How much memory may stay after hundreds of loads or thousands of runs: what the allocator
    /// keeps scattered, not what a leak in each of them would add up to.
    private static let growthMaximum = 3 << 20

    func estimate() throws {
        let warm = try identity()
        try loadAndRun(warm)
        for source in [models.large, warm].compactMap(\.self) {
            let estimate = try engine.estimate(source).memoryBytes
            ProcessMemory.trim()
            let before = ProcessMemory.resident()
            ProcessMemory.resetPeak()
            let model = try engine.load(source, environment)
            let peak = ProcessMemory.peak() - before
            model.unload()
            try expect(
                peak <= estimate,
                "\(source.entryPath): the load took \(peak) bytes, the estimate is \(estimate)")
        }
    }

    func manyLoads() throws {
        for source in [try identity(), models.large].compactMap(\.self) {
            let isLarge = source.entryPath == models.large?.entryPath
            let turns = isLarge ? 60 : 300
            // glibc does not trim the end of a thread's own heap, so what one load took may stay
            // once; a leak would stay `turns` times.
            let allowed = Self.growthMaximum + (isLarge ? 2 * source.files.byteCount : 0)
            for _ in 0..<20 { try loadAndRun(source) }
            // A library's own pools may fill once or twice; a leak stays with every round.
            var least = Int.max
            for _ in 0..<3 where least > allowed {
                least = min(least, try growth(of: source, turns: turns))
            }
            try expect(
                least <= allowed,
                "\(source.entryPath): \(least) bytes stay after \(turns) loads")
        }
    }

    /// Resident bytes that are more after so many loads than before.
    private func growth(of source: ModelSource, turns: Int) throws -> Int {
        ProcessMemory.trim()
        let before = ProcessMemory.resident()
        for _ in 0..<turns { try loadAndRun(source) }
        ProcessMemory.trim()
        return ProcessMemory.resident() - before
    }

    func manyFailedLoads() throws {
        for turns in [20, 100] {
            let before = (ProcessMemory.resident(), ProcessMemory.count("fd"))
            let threads = ProcessMemory.count("task")
            for _ in 0..<turns {
                for (source, _, _) in models.broken { _ = try? engine.load(source, environment) }
            }
            // The first round opens the library and starts its threads.
            if turns == 20 { continue }
            ProcessMemory.trim()
            let growth = ProcessMemory.resident() - before.0
            try expect(growth <= Self.growthMaximum, "\(growth) bytes stay after failed loads")
            try expect(ProcessMemory.count("fd") == before.1, "files stay open")
            try expect(ProcessMemory.count("task") <= threads, "threads stay")
        }
    }

    func manyRuns() throws {
        for type in [usualType, .bytes] {
            guard let source = models.identity(type) else { continue }
            try withModel(source) { model, _ in
                let tensor = try patterned(type, [8, 8])
                for _ in 0..<1000 { _ = try run(model, [tensor]) }
                ProcessMemory.trim()
                let before = ProcessMemory.resident()
                for _ in 0..<20_000 { _ = try run(model, [tensor]) }
                ProcessMemory.trim()
                let growth = ProcessMemory.resident() - before
                try expect(
                    growth <= Self.growthMaximum, "\(growth) bytes stay after runs of \(type)")
            }
        }
    }

    private func loadAndRun(_ source: ModelSource) throws {
        try withModel(source) { model, signature in
            let inputs = try signature.inputs.map { input in
                try patterned(input.elementType, (input.wireShape ?? []).map { $0 < 0 ? 1 : $0 })
            }
            _ = try run(model, inputs)
        }
    }
}

/// What the kernel says of this process (`/proc/self`).
enum ProcessMemory {
    /// Gives what the allocator holds and does not use back to the system (`malloc_trim`, which the
    /// Swift module of the C library leaves out).
    static func trim() {
        typealias Trim = @convention(c) (Int) -> Int32
        guard let symbol = dlsym(nil, "malloc_trim") else { return }
        _ = unsafeBitCast(symbol, to: Trim.self)(0)
    }

    /// Bytes in memory now.
    static func resident() -> Int { status("VmRSS:") }

    /// Most bytes in memory since the last reset.
    static func peak() -> Int { status("VmHWM:") }

    /// Starts the peak anew from what is in memory now.
    static func resetPeak() {
        guard let file = fopen("/proc/self/clear_refs", "w") else { return }
        fputs("5", file)
        fclose(file)
    }

    /// How many entries a directory of the process has: `fd`, `task`.
    static func count(_ name: String) -> Int {
        guard let directory = opendir("/proc/self/" + name) else { return -1 }
        defer { closedir(directory) }
        var count = 0
        while readdir(directory) != nil { count += 1 }
        return count
    }

    private static func status(_ key: String) -> Int {
        guard let file = fopen("/proc/self/status", "r") else { return 0 }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 256)
        while fgets(&line, Int32(line.count), file) != nil {
            let text = String(
                decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
            guard text.hasPrefix(key) else { continue }
            return (Int(text.dropFirst(key.count).filter(\.isNumber)) ?? 0) * 1024
        }
        return 0
    }
}
