import Inference
import Models
import ServingCore
import Synchronization
import Tensors
import Testing

/// The result of a change, once it is there.
final class ChangeResult: Sendable {
    private let result = Mutex<Result<Void, ServingError>?>(nil)
    private let recorder: Recorder

    init(_ recorder: Recorder) { self.recorder = recorder }

    func set(_ value: Result<Void, ServingError>) {
        result.withLock { $0 = value }
        recorder.look()
    }

    var isThere: Bool { result.withLock { $0 != nil } }

    /// Waits for it: nil for success.
    func error() async -> ServingError? {
        await recorder.until { self.isThere }
        if case .failure(let error)? = result.withLock({ $0 }) { return error }
        return nil
    }
}

extension Harness {
    fileprivate func change(
        _ models: [AspiredModel], _ goal: ModelManager.Goal, timeout: Duration = .seconds(60)
    ) throws -> ChangeResult {
        let result = ChangeResult(recorder)
        try manager.change(to: AspiredState(models: models), goal: goal, timeout: timeout) {
            result.set($0)
        }
        return result
    }
}

private func name(_ text: String) throws -> ModelName { try ModelName(text) }

@Test func aChangeIsAnsweredWhenTheModelAnswersAndAgainWhenItsMemoryIsFree() async throws {
    let harness = try Harness()
    harness.fileSystem.put("/m/a", "1")
    let model = try aspire("a")
    #expect(try await harness.change([model], .available([name("a")])).error() == nil)
    #expect(try harness.predict(latest("a")) == 1)
    let lease = try harness.manager.acquire(latest("a"))
    let gone = try harness.change([], .gone([name("a")]))
    await harness.recorder.until { harness.recorder.lines.contains("a/1 UNLOADING") }
    #expect(!gone.isThere)
    withExtendedLifetime(lease) {}
    _ = consume lease
    #expect(await gone.error() == nil)
    #expect(harness.engine.loaded == 0)
}

@Test func aChangeThatFailsSaysWhyAfterTheFirstAttempt() async throws {
    let harness = try Harness()
    harness.fileSystem.put("/m/a", "1")
    harness.engine.behave(try identity("a", 1)) { $0.failures = 5 }
    let error = try await harness.change([aspire("a")], .available([name("a")])).error()
    #expect(error?.code == .modelInvalid)
    #expect(error?.message.contains("the file is cut short") ?? false)
}

@Test func aModelIsLoadedAgainAtOnceThoughItsRetriesWait() async throws {
    let harness = try Harness()
    harness.fileSystem.put("/m/a", "1")
    harness.engine.behave(try identity("a", 1)) { $0.failures = 1 }
    let model = try aspire("a")
    #expect(try await harness.change([model], .available([name("a")])).error() != nil)
    #expect(try await harness.change([model], .available([name("a")])).error() == nil)
}

@Test func anotherModelsChangeLeavesAFailedModelAlone() async throws {
    let harness = try Harness()
    harness.fileSystem.put("/m/a", "1")
    harness.fileSystem.put("/m/b", "1")
    harness.engine.behave(try identity("a", 1)) { $0.failures = 9 }
    let failing = try aspire("a") { $0.retry.attempts = 0 }
    #expect(try await harness.change([failing], .available([name("a")])).error() != nil)
    let both = [failing, try aspire("b")]
    #expect(try await harness.change(both, .available([name("b")])).error() == nil)
    #expect(harness.state("a", 1) == .end)
    #expect(harness.engine.loads.filter { $0.name.text == "a" }.count == 1)
}

@Test func nothingToLoadIsAnErrorAndNotAWait() async throws {
    let harness = try Harness()
    harness.fileSystem.makeBase("/m/empty")
    let empty = try await harness.change([aspire("empty")], .available([name("empty")])).error()
    #expect(empty?.code == .modelNotFound)
    #expect(empty?.message.contains("holds no version") ?? false)
    let absent = try await harness.change([aspire("absent")], .available([name("absent")])).error()
    #expect(absent?.code == .fileUnreadable)
    harness.fileSystem.put("/m/some", "1")
    let listed = try aspire("some") { $0.versionPolicy = .specific([ModelVersion(7)]) }
    let missing = try await harness.change([listed], .available([name("some")])).error()
    #expect(missing?.message.contains("version 7 of model some does not exist") ?? false)
}

@Test func missingMemoryIsSaidAtOnceUnlessSomethingIsBeingUnloaded() async throws {
    let harness = try Harness { $0.memoryBudgetBytes = 150 << 20 }
    harness.fileSystem.put("/m/a", "1")
    harness.fileSystem.put("/m/b", "1")
    let (a, b) = (try aspire("a"), try aspire("b"))
    #expect(try await harness.change([a], .available([name("a")])).error() == nil)
    let short = try await harness.change([a, b], .available([name("b")])).error()
    #expect(short?.code == .resourceExhausted)
    #expect(try await harness.change([a], .gone([name("b")])).error() == nil)
    let lease = try harness.manager.acquire(latest("a"))
    let swapped = try harness.change([b], .available([name("b")]))
    await harness.until("b", 1, .start)
    withExtendedLifetime(lease) {}
    _ = consume lease
    #expect(await swapped.error() == nil)
}

@Test func waitingHasAnEndByTheClock() async throws {
    let harness = try Harness()
    harness.fileSystem.put("/m/a", "1")
    harness.engine.behave(try identity("a", 1)) { $0.isHeld = true }
    let result = try harness.change([aspire("a")], .available([name("a")]), timeout: .seconds(5))
    await harness.until("a", 1, .loading)
    harness.advance(.seconds(5))
    #expect(await result.error()?.code == .deadlineExceeded)
    harness.engine.behave(try identity("a", 1)) { $0.isHeld = false }
}

@Test func aModelThatIsUnwantedBeforeItIsLoadedEndsTheWait() async throws {
    let harness = try Harness()
    harness.fileSystem.put("/m/a", "1")
    harness.engine.behave(try identity("a", 1)) { $0.isHeld = true }
    let loading = try harness.change([aspire("a")], .available([name("a")]))
    await harness.until("a", 1, .loading)
    let gone = try harness.change([], .gone([name("a")]))
    #expect(await loading.error()?.code == .cancelled)
    harness.engine.behave(try identity("a", 1)) { $0.isHeld = false }
    #expect(await gone.error() == nil)
}

@Test func stoppingAnswersEverybodyWhoWaits() async throws {
    let harness = try Harness()
    harness.fileSystem.put("/m/a", "1")
    harness.engine.behave(try identity("a", 1)) { $0.isHeld = true }
    let result = try harness.change([aspire("a")], .available([name("a")]))
    await harness.until("a", 1, .loading)
    #expect(!harness.manager.stop(timeout: .zero))
    #expect(await result.error()?.code == .shuttingDown)
    harness.engine.behave(try identity("a", 1)) { $0.isHeld = false }
    #expect(harness.manager.stop(timeout: .seconds(30)))
    #expect(failure { try harness.change([], .gone([])) }?.code == .shuttingDown)
}

@Test func filesKnownToBeCompleteAreLoadedWithoutSettling() async throws {
    let harness = try Harness()
    // Younger than the settle period by the file system's clock.
    harness.fileSystem.put("/m/a", "1", .init(modified: FakeFileSystem.now))
    let model = try aspire("a") { $0.filesAreComplete = true }
    #expect(try await harness.change([model], .available([name("a")])).error() == nil)
}

@Test func aFaultyConfigurationKeepsWhatIsServedAndLoadsNothingNew() async throws {
    let harness = try Harness()
    harness.fileSystem.put("/m/a", "1")
    let model = try aspire("a")
    #expect(try await harness.change([model], .available([name("a")])).error() == nil)
    var faulty = model
    faulty.fault = "line 1: nonsense"
    let error = try await harness.change([faulty], .available([name("a")])).error()
    #expect(error?.code == .configurationInvalid)
    #expect(error?.message.contains("line 1: nonsense") ?? false)
    #expect(try harness.predict(latest("a")) == 1)
    #expect(try await harness.change([model], .available([name("a")])).error() == nil)
    #expect(harness.engine.loads.count == 1)
}

@Test func tritonsLayoutIgnoresVersionsThatBeginWithZero() async throws {
    let harness = try Harness()
    harness.fileSystem.put("/m/a", "1")
    harness.fileSystem.put("/m/a", "002")
    let model = try aspire("a") { $0.layout = .numberedWithoutLeadingZero }
    #expect(try await harness.change([model], .available([name("a")])).error() == nil)
    #expect(try harness.predict(latest("a")) == 1)
    #expect(harness.reason("a").contains("'002' begins with 0"))
}

@Test func aDirectoryWithoutVersionsIsVersionOne() async throws {
    let harness = try Harness()
    harness.fileSystem.put("/m", "a")
    let model = try aspire("a") { $0.layout = .single }
    #expect(try await harness.change([model], .available([name("a")])).error() == nil)
    #expect(try harness.predict(latest("a")) == 1)
}

@Test(
    arguments: [
        ("x", [-1, 2], nil), ("x", [-1, 3], "shape [-1, 3]"), ("x", [2], "shape [2]"),
        ("z", [-1, 2], "input 'z', which the model does not have"),
    ] as [(String, [Int], String?)])
func theDeclaredSignatureMustBeTheModels(_ input: String, _ shape: [Int], _ words: String?)
    async throws
{
    let harness = try Harness()
    harness.fileSystem.put("/m/a", "1")
    let model = try aspire("a") {
        $0.content.signature = ExpectedSignature(inputs: [
            .init(name: input, elementType: .float32, dimensions: shape)
        ])
    }
    let error = try await harness.change([model], .available([name("a")])).error()
    if let words {
        #expect(error?.message.contains(words) ?? false, "\(String(describing: error))")
    } else {
        #expect(error == nil)
    }
    #expect(harness.engine.loaded == (words == nil ? 1 : 0))
}

@Test func propertiesAndWarmUpSamplesComeWithTheConfiguration() async throws {
    let harness = try Harness()
    harness.fileSystem.put("/m/a", "1")
    let model = try aspire("a") {
        $0.content.properties = [ModelProperty("classes.version", "[\"a\"]")]
        $0.content.warmUpSamples = [
            WarmUpSample(
                name: "s",
                inputs: [
                    .init(name: "x", elementType: .float32, dimensions: [3, 2], content: .random)
                ])
        ]
    }
    #expect(try await harness.change([model], .available([name("a")])).error() == nil)
    let metadata = try harness.manager.acquire(latest("a")).servable.metadata
    #expect(metadata.properties.first?.key == "classes.version")
    var wrong = model
    wrong.content.warmUpSamples[0].inputs[0].content = .file("/nowhere/x")
    let error = try await harness.change([wrong], .available([name("a")])).error()
    #expect(error?.message.contains("warm-up sample 's': input 'x'") ?? false)
}
