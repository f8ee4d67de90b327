import Inference
import Models
import ServingCore
import TestSupport
import Testing

/// A harness that serves versions 1 and 2 of model a.
private func serveTwo() async throws -> Harness {
    let harness = try Harness()
    for version in ["1", "2"] { harness.fileSystem.put("/m/a", version) }
    try harness.manager.apply(AspiredState(models: [aspire("a") { $0.versionPolicy = .all }]))
    await harness.until("a", 1, .available)
    await harness.until("a", 2, .available)
    return harness
}

/// The reason that the version's unloading and its end give.
private func farewell(_ harness: Harness, _ version: Int64) async throws -> [String] {
    let identity = try identity("a", version)
    await harness.recorder.until { harness.recorder.lines.contains("\(identity) END") }
    return harness.recorder.transitions.filter { $0.identity == identity }.suffix(2).map(\.reason)
}

@Test func aNewerVersionTakesThePlaceOfAnOlderOne() async throws {
    let harness = try await serveTwo()
    try harness.manager.apply(AspiredState(models: [aspire("a")]))
    let reason = "version 2 took its place"
    #expect(try await farewell(harness, 1) == [reason, reason])
    #expect(harness.status("a", 1)?.reason == reason)
}

@Test func aVersionThatTheConfigurationNoLongerListsSaysSo() async throws {
    let harness = try await serveTwo()
    let model = try aspire("a") { $0.versionPolicy = .specific([ModelVersion(2)]) }
    try harness.manager.apply(AspiredState(models: [model]))
    let reason = "the model's 'versions' no longer include it"
    #expect(try await farewell(harness, 1) == [reason, reason])
}

@Test func aVersionWhoseDirectoryIsRemovedSaysSo() async throws {
    let harness = try await serveTwo()
    harness.fileSystem.remove("/m/a", "1")
    harness.advance(.seconds(1))
    let reason = "its directory has been removed"
    #expect(try await farewell(harness, 1) == [reason, reason])
}

@Test func aModelThatIsRemovedAndAServerThatStopsSaySo() async throws {
    let removing = try await serveTwo()
    try removing.manager.apply(AspiredState())
    let removed = "the model was removed from the configuration"
    #expect(try await farewell(removing, 1) == [removed, removed])
    let stopping = try await serveTwo()
    #expect(stopping.manager.stop(timeout: .seconds(30)))
    #expect(
        try await farewell(stopping, 1) == ["the server is stopping", "the server is stopping"])
}
