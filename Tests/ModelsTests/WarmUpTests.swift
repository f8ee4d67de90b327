import Inference
import Models
import ServingCore
import Tensors
import Testing

private func zeros(_ first: Float = 0) throws -> InferenceRequest {
    InferenceRequest(inputs: [
        NamedTensor("x", try Tensor(.float32, Shape([1, 2]), values: [first, 0]))
    ])
}

@Test func theFirstMadeUpInputThatWorksIsEnough() async throws {
    let harness = try Harness()
    harness.fileSystem.put("/m/a", "1")
    harness.engine.behave(try identity("a", 1)) { $0.model.accepts = 1 }
    try harness.manager.apply(AspiredState(models: [aspire("a")]))
    await harness.until("a", 1, .available)
    #expect(harness.factory.servable(try identity("a", 1))?.requests == 2)
    #expect(harness.manager.readiness().isReady)
}

@Test func aModelThatAnswersNothingIsNotAvailable() async throws {
    let harness = try Harness()
    harness.fileSystem.put("/m/a", "1")
    harness.engine.behave(try identity("a", 1)) {
        $0.model.failure = ServingError(.engineFailed, "Gather index out of range")
    }
    let model = try aspire("a") {
        $0.retry = RetryPolicy(attempts: 0, pause: .zero, pauseMaximum: .zero)
    }
    try harness.manager.apply(AspiredState(models: [model]))
    await harness.until("a", 1, .end)
    let message = harness.status("a", 1)?.reason ?? ""
    #expect(message.contains("Gather index out of range"))
    #expect(message.contains("record a real request in /m/a/1/warmup_requests.jsonl or set"))
    #expect(harness.engine.loaded == 0)
}

@Test func recordedRequestsMustWork() async throws {
    let harness = try Harness()
    harness.fileSystem.put("/m/a", "1")
    harness.engine.behave(try identity("a", 1)) { $0.model.accepts = 7 }
    harness.warmUps.set([try zeros(7), try zeros(8)])
    let model = try aspire("a") {
        $0.retry = RetryPolicy(attempts: 0, pause: .zero, pauseMaximum: .zero)
        $0.warmUp.iterations = 3
    }
    try harness.manager.apply(AspiredState(models: [model]))
    await harness.until("a", 1, .end)
    #expect(
        harness.status("a", 1)?.reason.hasPrefix("recorded warm-up request 2 failed") ?? false)
    harness.warmUps.set([try zeros(7)])
    try harness.manager.apply(AspiredState(models: [model]))
    await harness.until("a", 1, .available)
    #expect(harness.factory.servable(try identity("a", 1))?.requests == 3)
}

@Test func withoutAnyWarmUpAVersionIsAvailableButUnproven() async throws {
    let harness = try Harness()
    harness.fileSystem.put("/m/a", "1")
    try harness.manager.apply(
        AspiredState(models: [aspire("a") { $0.warmUp.synthetic = false }]))
    await harness.until("a", 1, .available)
    #expect(harness.factory.servable(try identity("a", 1))?.requests == 0)
    #expect(harness.status("a", 1)?.reason.contains("unproven") ?? false)
    // Nothing could ever prove it if it got no traffic: so the server is ready.
    #expect(harness.manager.readiness().isReady)
    _ = try harness.predict(latest("a"))
    #expect(harness.status("a", 1)?.reason == "")
}

@Test func batchingIsOffForAModelWhoseRowsAreNotIndependent() async throws {
    let harness = try Harness()
    harness.fileSystem.put("/m/a", "1")
    harness.engine.behave(try identity("a", 1)) { $0.model.mixesRows = true }
    try harness.manager.apply(AspiredState(models: [aspire("a")]))
    await harness.until("a", 1, .available)
    #expect(harness.factory.servable(try identity("a", 1))?.policy.batchRowsMaximum == 1)
    #expect(harness.status("a", 1)?.reason.hasPrefix("batching is off") ?? false)
}

@Test func readinessFollowsTheLatestRunsAndComesBackWithoutTraffic() async throws {
    let harness = try Harness()
    harness.fileSystem.put("/m/a", "1")
    try harness.manager.apply(AspiredState(models: [aspire("a")]))
    await harness.until("a", 1, .available)
    let servable = try #require(harness.factory.servable(try identity("a", 1)))
    servable.fail(ServingError(.engineFailed, "device lost"))
    #expect(failure { try harness.predict(latest("a")) } != nil)
    #expect(
        harness.manager.readiness().reasons == [
            "version 1 of model a has failed once: device lost"
        ])
    #expect(harness.status("a", 1)?.reason == "the latest run has failed: device lost")
    #expect(!harness.manager.versionIsReady(try latest("a")))
    servable.fail(nil)
    let before = servable.requests
    harness.advance(.seconds(5))
    await harness.recorder.until { servable.requests > before && servable.health.isProven }
    #expect(harness.manager.readiness().isReady)
}

@Test func aModelThatRefusesWhatIsMadeUpAsAClientsMistakeIsAvailable() async throws {
    let harness = try Harness()
    harness.fileSystem.put("/m/a", "1")
    harness.engine.behave(try identity("a", 1)) {
        $0.model.failure = ServingError(.invalidRequest, "unknown category '0'")
    }
    try harness.manager.apply(AspiredState(models: [aspire("a")]))
    await harness.until("a", 1, .available)
    #expect(harness.engine.loads == [try identity("a", 1)])
}
