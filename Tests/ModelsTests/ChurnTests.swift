import Inference
import Models
import ServingCore
import Synchronization
import Testing

private final class Tally: Sendable {
    let isDone = Atomic(false)
    let answers = Atomic(0)
    let failures = Mutex([String]())
}

/// Requests from several threads while versions come and go must never see anything but an answer.
@Test func twoHundredSwitchesFailNoRequest() async throws {
    let harness = try Harness { $0.settlePeriod = .zero }
    let selector = try latest("digits")
    harness.fileSystem.put("/m/digits", "1")
    try harness.manager.apply(AspiredState(models: [aspire("digits")]))
    await harness.until("digits", 1, .available)
    let tally = Tally()
    await withTaskGroup(of: Void.self) { group in
        for _ in 0..<3 {
            group.addTask {
                while !tally.isDone.load(ordering: .relaxed) {
                    do {
                        let answer = try harness.predict(selector)
                        if answer < 1 { tally.failures.withLock { $0.append("\(answer)") } }
                        tally.answers.wrappingAdd(1, ordering: .relaxed)
                    } catch {
                        tally.failures.withLock { $0.append("\(error)") }
                    }
                    await Task.yield()
                }
            }
        }
        for version in 2...201 as ClosedRange<Int64> {
            harness.fileSystem.put("/m/digits", "\(version)")
            harness.fileSystem.remove("/m/digits", "\(version - 1)")
            harness.advance(.seconds(1))
            await harness.recorder.until {
                harness.recorder.lines.last == "digits/\(version - 1) END"
            }
        }
        tally.isDone.store(true, ordering: .relaxed)
    }
    #expect(tally.failures.withLock { $0 } == [])
    #expect(tally.answers.load(ordering: .relaxed) > 0)
    #expect(try harness.predict(selector) == 201)
    #expect(harness.engine.loaded == 1)
    #expect(harness.engine.loads.count == 201)
    // Ended versions are not remembered for ever.
    let name = try ModelName("digits")
    #expect(harness.manager.modelStatus(of: name)?.versions.count ?? 99 <= 7)
}

@Test func reloadingInPlaceFailsNoRequest() async throws {
    let harness = try Harness { $0.settlePeriod = .zero }
    let selector = try latest("a")
    harness.fileSystem.put("/m/a", "1")
    try harness.manager.apply(AspiredState(models: [aspire("a")]))
    await harness.until("a", 1, .available)
    for change in 1...50 as ClosedRange<Int64> {
        let loads = harness.engine.loads.count
        harness.fileSystem.put("/m/a", "1", .init(modified: change))
        harness.advance(.seconds(1))
        await harness.recorder.until {
            // Every look in between must find an answer.
            (try? harness.predict(selector)) == 1 && harness.engine.loads.count == loads + 1
                && harness.engine.loaded == 1
        }
    }
}
