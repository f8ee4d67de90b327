import Inference
import Models
import ServingCore
import TestSupport
import Testing

@Test func servesTheLatestVersionAndNamesWhatIsUnknown() async throws {
    let harness = try Harness()
    for version in ["1", "2", "00000003"] { harness.fileSystem.put("/m/digits", version) }
    let changes = try harness.manager.apply(AspiredState(models: [aspire("digits")]))
    #expect(changes.map(\.description) == ["digits: added"])
    await harness.recorder.until { harness.recorder.lines.count == 3 }

    #expect(try harness.predict(latest("digits")) == 3)
    #expect(harness.recorder.lines == ["digits/3 START", "digits/3 LOADING", "digits/3 AVAILABLE"])
    let name = try ModelName("digits")
    let cases: [(ModelSelector, ErrorCode, String)] = [
        (try latest("half"), .modelNotFound, "Servable not found for request: Latest(half)"),
        (
            ModelSelector(name, .version(ModelVersion(5))), .modelNotFound,
            "Servable not found for request: Specific(digits, 5)"
        ),
        (
            ModelSelector(name, .label(try VersionLabel("gold"))), .labelNotFound,
            "Unrecognized servable version label: gold"
        ),
    ]
    for (selector, code, message) in cases {
        let error = failure { try harness.manager.acquire(selector) }
        #expect(error?.code == code)
        #expect(error?.message == message)
    }
    #expect(harness.manager.readiness().isReady)
    #expect(harness.manager.versionIsReady(try latest("digits")))
}

@Test func saysWhyAModelDoesNotAnswerYet() async throws {
    let harness = try Harness()
    harness.fileSystem.put("/m/digits", "3")
    harness.engine.behave(try identity("digits", 3)) { $0.isHeld = true }
    try harness.manager.apply(AspiredState(models: [aspire("digits")]))
    await harness.until("digits", 3, .loading)
    let error = failure { try harness.predict(latest("digits")) }
    #expect(error?.code == .modelNotReady)
    #expect(error?.message == "model digits has no available version: version 3 is loading")
    #expect(harness.manager.readiness().reasons.count == 1)
    harness.engine.behave(try identity("digits", 3)) { $0.isHeld = false }
    await harness.until("digits", 3, .available)
}

@Test func theOldVersionServesUntilTheNewOneAnswers() async throws {
    let harness = try Harness()
    harness.fileSystem.put("/m/digits", "1")
    try harness.manager.apply(AspiredState(models: [aspire("digits")]))
    await harness.until("digits", 1, .available)
    harness.engine.behave(try identity("digits", 2)) { $0.isHeld = true }
    await harness.appear("digits", 2)
    await harness.until("digits", 2, .loading)
    #expect(try harness.predict(latest("digits")) == 1)
    harness.engine.behave(try identity("digits", 2)) { $0.isHeld = false }
    await harness.until("digits", 1, .end)
    #expect(try harness.predict(latest("digits")) == 2)
    #expect(
        harness.recorder.lines.suffix(3) == [
            "digits/2 AVAILABLE", "digits/1 UNLOADING", "digits/1 END",
        ])
    #expect(harness.engine.loaded == 1)
    #expect(harness.observer.events.contains("unload digits/1"))
}

@Test func aNewVersionThatFailsKeepsTheOldOneAndIsTriedAgainWithGrowingPauses() async throws {
    let harness = try Harness()
    harness.fileSystem.put("/m/digits", "1")
    let model = try aspire("digits") {
        $0.retry = RetryPolicy(attempts: 2, pause: .seconds(1), pauseMaximum: .seconds(60))
    }
    try harness.manager.apply(AspiredState(models: [model]))
    await harness.until("digits", 1, .available)
    harness.engine.behave(try identity("digits", 2)) { $0.failures = 3 }
    await harness.appear("digits", 2)
    await harness.until("digits", 2, says: "attempt 1 of 3 failed")
    harness.advance(.seconds(1))
    await harness.until("digits", 2, says: "attempt 2 of 3 failed")
    harness.advance(.milliseconds(1900))
    #expect(harness.engine.loads.count == 3)
    harness.advance(.milliseconds(200))
    await harness.until("digits", 2, .end)
    #expect(harness.status("digits", 2)?.reason == "the file is cut short")
    #expect(try harness.predict(latest("digits")) == 1)
    let error = failure {
        try harness.manager.acquire(
            ModelSelector(try ModelName("digits"), .version(ModelVersion(2))))
    }
    #expect(error?.code == .modelNotReady)
    #expect(
        error?.message == "version 2 of model digits has ended: the file is cut short")

    // New files make it start anew.
    harness.fileSystem.put("/m/digits", "2", .init(files: ["model.fake": 20]))
    harness.advance(.seconds(1))
    await harness.until("digits", 2, says: "changing")
    harness.advance(.seconds(1))
    await harness.until("digits", 2, .available)
    #expect(try harness.predict(latest("digits")) == 2)
}

@Test func aVersionThatHasGivenUpIsTriedAgainWhenTheStateIsAppliedAgain() async throws {
    let harness = try Harness()
    harness.fileSystem.put("/m/digits", "1")
    harness.engine.behave(try identity("digits", 1)) { $0.failures = 1 }
    let model = try aspire("digits") {
        $0.retry = RetryPolicy(attempts: 0, pause: .seconds(1), pauseMaximum: .seconds(1))
    }
    try harness.manager.apply(AspiredState(models: [model]))
    await harness.until("digits", 1, .end)
    #expect(try harness.manager.apply(AspiredState(models: [model])).isEmpty)
    await harness.until("digits", 1, .available)
}

@Test func removingTheNewestVersionBringsThePreviousOneBack() async throws {
    let harness = try Harness()
    harness.fileSystem.put("/m/digits", "1")
    harness.fileSystem.put("/m/digits", "2")
    try harness.manager.apply(AspiredState(models: [aspire("digits")]))
    await harness.until("digits", 2, .available)
    harness.fileSystem.remove("/m/digits", "2")
    harness.advance(.seconds(1))
    await harness.until("digits", 2, .end)
    #expect(try harness.predict(latest("digits")) == 1)
    #expect(
        harness.recorder.lines.suffix(3) == [
            "digits/1 AVAILABLE", "digits/2 UNLOADING", "digits/2 END",
        ])
}

@Test func anEmptiedDirectoryUnloadsButAnUnreadableOneDoesNot() async throws {
    let harness = try Harness()
    harness.fileSystem.put("/m/digits", "1")
    harness.fileSystem.put("/m/wine", "1")
    try harness.manager.apply(AspiredState(models: [aspire("digits"), aspire("wine")]))
    await harness.until("digits", 1, .available)
    await harness.until("wine", 1, .available)
    harness.fileSystem.fail(
        "/m/wine", ServingError(.fileUnreadable, "cannot read directory /m/wine: denied"))
    harness.fileSystem.remove("/m/digits", "1")
    harness.advance(.seconds(1))
    await harness.until("digits", 1, .end)
    await harness.recorder.until { harness.reason("wine").contains("denied") }
    #expect(try harness.predict(latest("wine")) == 1)
    let error = failure { try harness.predict(latest("digits")) }
    #expect(error?.code == .modelNotReady)
    #expect(
        error?.message.contains(
            "base directory /m/digits holds no version: each version is a sub-directory named by a "
                + "number, such as /m/digits/1") ?? false)
    harness.fileSystem.fail("/m/wine", nil)
    harness.advance(.seconds(1))
    await harness.recorder.until { harness.reason("wine").isEmpty }
}

@Test func aVersionGivenAsTheBaseDirectoryIsNamed() async throws {
    let harness = try Harness()
    harness.fileSystem.makeBase("/m/digits/1")
    var model = try aspire("digits")
    model.baseDirectory = "/m/digits/1"
    try harness.manager.apply(AspiredState(models: [model]))
    await harness.recorder.until {
        harness.reason("digits")
            == "base directory /m/digits/1 holds no version; it looks like a version itself: give "
            + "the directory above it, /m/digits"
    }
}

@Test func filesReplacedInPlaceAreLoadedBesideTheOldOnes() async throws {
    let harness = try Harness()
    harness.fileSystem.put("/m/digits", "1")
    try harness.manager.apply(AspiredState(models: [aspire("digits")]))
    await harness.until("digits", 1, .available)
    let old = try harness.manager.acquire(latest("digits"))
    harness.fileSystem.put("/m/digits", "1", .init(modified: 5))
    harness.advance(.seconds(1))
    await harness.until("digits", 1, says: "changing")
    harness.advance(.seconds(1))
    await harness.recorder.until { harness.recorder.lines.contains("digits/1 UNLOADING") }
    // The old instance still answers whoever holds it, the new one everybody else.
    #expect(harness.engine.loaded == 2)
    #expect(try Harness.predict(old) == 1)
    let new = try harness.manager.acquire(latest("digits"))
    #expect(new.servable !== old.servable)
    #expect(harness.state("digits", 1) == .available)
}

@Test func replacedFilesThatDoNotLoadLeaveWhatWasLoaded() async throws {
    let harness = try Harness()
    harness.fileSystem.put("/m/digits", "1")
    try harness.manager.apply(AspiredState(models: [aspire("digits")]))
    await harness.until("digits", 1, .available)
    harness.engine.behave(try identity("digits", 1)) { $0.failures = 1 }
    harness.fileSystem.put("/m/digits", "1", .init(modified: 5))
    harness.advance(.seconds(1))
    await harness.until("digits", 1, says: "changing")
    harness.advance(.seconds(1))
    await harness.until("digits", 1, says: "cut short")
    #expect(harness.state("digits", 1) == .available)
    #expect(try harness.predict(latest("digits")) == 1)
    // The retry works, and the remark goes.
    harness.advance(.seconds(1))
    await harness.recorder.until { harness.status("digits", 1)?.reason == "" }
}

@Test func aVersionThatIsStillBeingCopiedIsNotLoaded() async throws {
    let harness = try Harness()
    harness.fileSystem.put("/m/digits", "1")
    try harness.manager.apply(AspiredState(models: [aspire("digits")]))
    await harness.until("digits", 1, .available)
    harness.fileSystem.put("/m/digits", "2", .init(files: [:]))
    harness.advance(.seconds(1))
    await harness.until("digits", 2, says: "/m/digits/2 is empty; waiting for its files")
    for bytes in 1...5 {
        // Each look finds another size: the period begins anew, and nothing is loaded.
        harness.fileSystem.put("/m/digits", "2", .init(files: ["model.fake": bytes]))
        let looks = harness.fileSystem.looks
        harness.advance(.seconds(1))
        harness.manager.filesChanged(in: "/m/digits")
        await harness.recorder.until { harness.fileSystem.looks > looks }
        await harness.until("digits", 2, says: "still changing")
    }
    #expect(harness.engine.loads == [try identity("digits", 1)])
    #expect(try harness.predict(latest("digits")) == 1)
    // A look may be handled after the clock has moved; then it takes another second.
    while harness.state("digits", 2) == .start {
        let looks = harness.fileSystem.looks
        harness.advance(.seconds(1))
        harness.manager.filesChanged(in: "/m/digits")
        await harness.recorder.until {
            harness.fileSystem.looks > looks || harness.state("digits", 2) != .start
        }
    }
    await harness.until("digits", 2, .available)
}

@Test func aVersionDirectoryThatCannotBeReadIsReportedAndNothingElseSuffers() async throws {
    let harness = try Harness()
    let denied = ServingError(.fileUnreadable, "cannot read directory /m/a/2: Permission denied")
    harness.fileSystem.put("/m/a", "1")
    harness.fileSystem.put("/m/a", "2", .init(error: denied))
    harness.fileSystem.put("/m/b", "1")
    let model = try aspire("a") { $0.versionPolicy = .all }
    try harness.manager.apply(AspiredState(models: [model, aspire("b")]))
    await harness.until("a", 1, .available)
    await harness.until("b", 1, .available)
    await harness.until("a", 2, says: "Permission denied")
    // The same trouble later does not unload what is loaded.
    harness.fileSystem.put("/m/a", "1", .init(error: denied))
    harness.advance(.seconds(1))
    await harness.until("a", 1, says: "what was loaded before still answers")
    let version = ModelSelector(try ModelName("a"), .version(ModelVersion(1)))
    #expect(try harness.predict(version) == 1)
}
