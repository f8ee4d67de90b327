import Inference
import Models
import ServingCore
import Testing

@Test func differencesAreToldLineByLine() async throws {
    let harness = try Harness()
    for name in ["digits", "wine"] {
        for version in 1...3 { harness.fileSystem.put("/m/\(name)", "\(version)") }
    }
    try harness.manager.apply(AspiredState(models: [aspire("digits"), aspire("wine")]))
    await harness.until("wine", 3, .available)
    await harness.until("digits", 3, .available)
    harness.advance(.seconds(2))
    let gold = try VersionLabel("gold")
    let digits = try aspire("digits") {
        $0.versionPolicy = .latest(2)
        $0.labels = [gold: ModelVersion(1)]
        $0.scheduling.batchRowsMaximum = 8
    }
    let changes = try harness.manager.apply(AspiredState(models: [digits]))
    #expect(
        changes.map(\.description) == [
            "digits: versions latest 1 -> latest 2", "digits: labels none -> gold=1",
            "digits: scheduling changed", "wine: removed",
        ])
    #expect(failure { try harness.predict(latest("wine")) }?.code == .modelNotFound)
    #expect(harness.manager.modelStatus(of: try ModelName("wine")) == nil)
    for version in [1, 2, 3] as [Int64] { await harness.until("digits", version, .available) }
    #expect(try harness.predict(ModelSelector(try ModelName("digits"), .label(gold))) == 1)
    await harness.recorder.until { harness.recorder.lines.contains("wine/3 END") }
    // Version 3 was loaded again for its new scheduling, and only one instance of it stays.
    await harness.recorder.until { harness.engine.loaded == 3 }
    #expect(harness.factory.servable(try identity("digits", 3))?.policy.batchRowsMaximum == 8)
    #expect(harness.manager.modelStatuses().map(\.name.text) == ["digits"])
}

@Test func aLabelWaitsForItsVersion() async throws {
    let harness = try Harness()
    harness.fileSystem.put("/m/a", "1")
    harness.fileSystem.put("/m/a", "2")
    harness.engine.behave(try identity("a", 1)) { $0.isHeld = true }
    let gold = try VersionLabel("gold")
    let silver = try VersionLabel("silver")
    let model = try aspire("a") { $0.labels = [gold: ModelVersion(1), silver: ModelVersion(9)] }
    try harness.manager.apply(AspiredState(models: [model]))
    await harness.until("a", 2, .available)
    await harness.until("a", 1, .loading)
    let cases: [(VersionLabel, String)] = [
        (gold, "label gold of model a points at version 1, which is loading"),
        (silver, "label silver of model a points at version 9, which does not exist"),
    ]
    for (label, message) in cases {
        let error = failure {
            try harness.predict(ModelSelector(try ModelName("a"), .label(label)))
        }
        #expect(error?.code == .modelNotReady)
        #expect(error?.message == message)
    }
    #expect(harness.manager.readiness().reasons == cases.map(\.1))
    let status = harness.manager.modelStatus(of: try ModelName("a"))
    #expect(status?.unreadiness == cases.map(\.1))
    #expect(status?.isReady == true && status?.isFullyReady == false)
    harness.engine.behave(try identity("a", 1)) { $0.isHeld = false }
    await harness.until("a", 1, .available)
    #expect(harness.status("a", 1)?.labels == [gold])
}

@Test func aStateThatCannotBeIsRefusedAsAWhole() async throws {
    let harness = try Harness()
    harness.fileSystem.put("/m/a", "1")
    try harness.manager.apply(AspiredState(models: [aspire("a")]))
    let bad: [(AspiredModel, String)] = [
        (try aspire("a"), "configured twice"),
        (try aspire("b") { $0.baseDirectory = "relative" }, "absolute"),
        (try aspire("b") { $0.versionPolicy = .latest(0) }, "1 or more"),
        (try aspire("b") { $0.versionPolicy = .specific([]) }, "at least one"),
        (try aspire("b") { $0.engine = "fack" }, "did you mean 'fake'"),
    ]
    for (model, words) in bad {
        let error = failure {
            try harness.manager.apply(AspiredState(models: [aspire("a"), model]))
        }
        #expect(error?.code == .configurationInvalid)
        #expect(error?.message.contains(words) ?? false)
    }
    #expect(harness.manager.aspiredState.models.map(\.name.text) == ["a"])
}

@Test func stoppingWaitsForRequestsAndUnloadsEverything() async throws {
    let harness = try Harness()
    for name in ["a", "b"] { harness.fileSystem.put("/m/\(name)", "1") }
    try harness.manager.apply(AspiredState(models: [aspire("a"), aspire("b")]))
    await harness.until("a", 1, .available)
    await harness.until("b", 1, .available)
    var lease: ModelLease? = try harness.manager.acquire(latest("a"))
    // The lease is out: all else goes, and the time passes.
    #expect(!harness.manager.stop(timeout: .zero))
    await harness.recorder.until { harness.recorder.lines.contains("b/1 END") }
    #expect(failure { try harness.manager.acquire(latest("b")) }?.code == .shuttingDown)
    #expect(harness.manager.readiness().reasons == ["the server is shutting down"])
    #expect(try lease.map { try Harness.predict($0) } == 1)
    harness.advance(.seconds(31))
    lease = nil
    #expect(harness.manager.stop(timeout: .seconds(60)))
    #expect(harness.engine.loaded == 0)
}

@Test func stoppingDuringALoadAbandonsIt() async throws {
    let harness = try Harness()
    harness.fileSystem.put("/m/a", "1")
    harness.engine.behave(try identity("a", 1)) { $0.isHeld = true }
    try harness.manager.apply(AspiredState(models: [aspire("a")]))
    await harness.until("a", 1, .loading)
    #expect(!harness.manager.stop(timeout: .zero))
    harness.engine.behave(try identity("a", 1)) { $0.isHeld = false }
    #expect(harness.manager.stop(timeout: .seconds(60)))
    #expect(harness.engine.loaded == 0)
    #expect(!harness.recorder.lines.contains("a/1 AVAILABLE"))
}

@Test func anotherDirectoryServesTheOldFilesUntilTheNewOnesAnswer() async throws {
    let harness = try Harness()
    harness.fileSystem.put("/m/a", "1")
    try harness.manager.apply(AspiredState(models: [aspire("a")]))
    await harness.until("a", 1, .available)
    try harness.manager.apply(
        AspiredState(models: [aspire("a") { $0.baseDirectory = "/m/elsewhere/" }]))
    await harness.recorder.until { harness.reason("a").contains("/m/elsewhere") }
    #expect(try harness.predict(latest("a")) == 1)
    harness.fileSystem.put("/m/elsewhere", "1")
    harness.advance(.seconds(1))
    await harness.recorder.until { harness.recorder.lines.contains("a/1 END") }
    #expect(try harness.predict(latest("a")) == 1)
    #expect(harness.engine.loads.count == 2)
}
