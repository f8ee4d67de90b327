import Inference
import ServingCore
import Testing

@testable import Models

@Test func theKernelsFiguresAreRead() {
    let meminfo = "MemTotal:  100 kB\nMemAvailable:    64 kB\n"
    #expect(MemoryFigures.available(meminfo: meminfo) == 65536)
    for bad in ["", "MemAvailable:", "MemAvailable: x kB", "MemAvailable: 9223372036854775807 kB"] {
        #expect(MemoryFigures.available(meminfo: bad) == nil)
    }
    #expect(MemoryFigures.bytes("1024\n") == 1024)
    #expect(MemoryFigures.bytes("max\n") == nil)
    #expect(MemoryFigures.reclaimable("anon 5\ninactive_file 7\n") == 7)
    #expect(
        MemoryFigures.groupPaths(cgroup: "0::/a/b\n12:cpu,memory:/c\n3:cpu:/d\nnonsense\n") == [
            .init(
                root: "/sys/fs/cgroup", path: "/a/b", limitFile: "memory.max",
                usageFile: "memory.current"),
            .init(
                root: "/sys/fs/cgroup/memory", path: "/c", limitFile: "memory.limit_in_bytes",
                usageFile: "memory.usage_in_bytes"),
        ])
    #expect(SystemMemoryProbe().availableBytes() > 0)
}

@Test func aLoadWaitsUntilItsMemoryIsFree() async throws {
    let harness = try Harness()
    harness.memory.set(150 << 20)
    harness.fileSystem.put("/m/a", "1")
    harness.engine.behave(try identity("a", 1)) { $0.memoryBytes = 200 << 20 }
    try harness.manager.apply(AspiredState(models: [aspire("a")]))
    await harness.until("a", 1, says: "it needs 200.0 MiB of memory, 150.0 MiB are free")
    #expect(harness.state("a", 1) == .start)
    #expect(
        harness.manager.readiness().reasons.first?.hasPrefix(
            "model a has no available version: version 1 is waiting: it needs 200.0 MiB") == true)
    #expect(harness.engine.loads.isEmpty)
    harness.memory.set(200 << 20)
    harness.advance(.seconds(5))
    await harness.until("a", 1, .available)
}

/// Two loads at once must not take the same free bytes.
@Test func loadsUnderWayHoldTheirMemory() async throws {
    let harness = try Harness()
    harness.memory.set(150 << 20)
    for name in ["a", "b"] { harness.fileSystem.put("/m/\(name)", "1") }
    harness.engine.behave(try identity("a", 1)) { $0.isHeld = true }
    try harness.manager.apply(AspiredState(models: [aspire("a")]))
    await harness.until("a", 1, .loading)
    try harness.manager.apply(AspiredState(models: [aspire("a"), aspire("b")]))
    await harness.until(
        "b", 1, says: "50.0 MiB are free (100.0 MiB are reserved for loads under way)")
    harness.engine.behave(try identity("a", 1)) { $0.isHeld = false }
    // The end of the one load lets the other begin, without a timer.
    await harness.until("b", 1, .available)
}

@Test func underABudgetAnUnloadMakesRoom() async throws {
    let harness = try Harness { $0.memoryBudgetBytes = 150 << 20 }
    for name in ["a", "b"] { harness.fileSystem.put("/m/\(name)", "1") }
    try harness.manager.apply(AspiredState(models: [aspire("a")]))
    await harness.until("a", 1, .available)
    try harness.manager.apply(AspiredState(models: [aspire("a"), aspire("b")]))
    await harness.until("b", 1, says: "50.0 MiB are left of the memory budget of 150.0 MiB")
    try harness.manager.apply(AspiredState(models: [aspire("b")]))
    await harness.until("b", 1, .available)
    #expect(harness.engine.loaded == 1)
}

@Test func resourcePreservingUnloadsFirst() async throws {
    let harness = try Harness()
    harness.fileSystem.put("/m/a", "1")
    let model = try aspire("a") { $0.switchPolicy = .resourcePreserving }
    try harness.manager.apply(AspiredState(models: [model]))
    await harness.until("a", 1, .available)
    var lease: ModelLease? = try harness.manager.acquire(latest("a"))
    await harness.appear("a", 2)
    await harness.until("a", 1, .unloading)
    // A request still holds the old version: the new one must not begin.
    #expect(harness.engine.loads == [try identity("a", 1)])
    #expect(try lease.map { try Harness.predict($0) } == 1)
    #expect(failure { try harness.predict(latest("a")) }?.code == .modelNotReady)
    lease = nil
    await harness.until("a", 2, .available)
    let lines = harness.recorder.lines
    let end = lines.firstIndex(of: "a/1 END") ?? .max
    #expect(end < lines.firstIndex(of: "a/2 LOADING") ?? 0)
}

/// The engine reads the file to estimate it, which takes memory before the estimate is known.
@Test func aReservationTakesThePlaceOfTheSameLoadsEarlierOne() throws {
    let memory = FakeMemory()
    memory.set(150)
    let ledger = MemoryLedger(probe: memory, budgetBytes: nil)
    let key = InstanceKey(name: try ModelName("a"), id: InstanceID(number: 1))
    let other = InstanceKey(name: try ModelName("b"), id: InstanceID(number: 2))
    #expect(ledger.reserve(151, for: key) != nil)
    #expect(ledger.reserve(100, for: key) == nil)
    #expect(ledger.reserve(140, for: key) == nil)
    #expect(ledger.reserve(11, for: other) != nil)
    ledger.loadEnded(key, loaded: nil)
    #expect(ledger.reserve(150, for: other) == nil)
}

@Test func whatIsLoadedIsShownUntilItIsUnloaded() throws {
    let memory = FakeMemory()
    memory.set(1_000)
    let ledger = MemoryLedger(probe: memory, budgetBytes: nil)
    let model = ModelIdentity(try ModelName("a"), ModelVersion(1))
    let keys = [1, 2].map { InstanceKey(name: model.name, id: InstanceID(number: $0)) }
    for key in keys {
        #expect(ledger.reserve(100, for: key) == nil)
        ledger.loadEnded(key, loaded: model)
    }
    // The version is being replaced in place: for a moment both instances are there.
    #expect(ledger.loadedBytes == [model: 200])
    ledger.unloaded(keys[0])
    #expect(ledger.loadedBytes == [model: 100])
    ledger.unloaded(keys[1])
    #expect(ledger.loadedBytes.isEmpty)
}
