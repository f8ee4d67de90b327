import EngineInterface
import Inference
import Models
import ServingCore
import TestSupport
import Tensors
import Testing

@testable import Scheduling

/// A scheduler over a puppet, a manual clock and a watch that is swept by hand.
struct Stage {
    let model: PuppetModel
    let clock = ManualClock()
    let watch: DeadlineWatch
    let observer = RecordingObserver()
    let answers = Answers()
    let scheduled: any ManagedServable

    init(
        _ model: PuppetModel = PuppetModel(), rows: Int = 8, queue: Int = 4,
        placement: SchedulingPolicy.Placement = .pool
    ) throws {
        self.model = model
        watch = DeadlineWatch(clock: clock)
        scheduled = SchedulerFactory(watch: watch, clock: clock).makeServable(
            model, metadata: try model.metadata(),
            policy: SchedulingPolicy(
                batchRowsMaximum: rows, queuedRequestsMaximum: queue, placement: placement),
            observer: observer)
    }

    func submit(
        _ number: Int, rows: Int = 1, after: Duration? = nil,
        cancellation: RequestCancellation? = nil, outputs: [String]? = nil
    ) throws {
        let values = [Float](repeating: Float(number), count: rows * 2)
        let tensor = try Tensor(.float32, Shape([rows, 2]), values: values)
        scheduled.submit(
            InferenceRequest(
                inputs: [NamedTensor("x", tensor)], outputNames: outputs,
                deadline: after.map { clock.now().advanced(by: $0) }, cancellation: cancellation),
            completion: answers.completion(number))
    }

    /// The values of the only output.
    func values(_ number: Int) throws -> [Float] {
        try answers.wait(number).get().outputs[0].tensor.values()
    }

    func code(_ number: Int) -> ErrorCode? {
        if case .failure(let error) = answers.wait(number) { error.code } else { nil }
    }
}

@Test func idleModelRunsARequestAtOnceAndAlone() throws {
    let stage = try Stage()
    try stage.submit(1)
    #expect(try stage.values(1) == [2, 2])
    #expect(stage.model.runs == [[1, 2]])
}

@Test func busyModelTakesAllThatWaitInOneRun() throws {
    let stage = try Stage()
    stage.model.hold()
    try stage.submit(1)
    stage.model.waitForRuns(1)
    for number in 2...4 { try stage.submit(number, rows: number) }
    stage.model.release()
    for number in 1...4 { #expect(try stage.values(number).first == Float(number) + 1) }
    #expect(try stage.values(4).count == 8)
    // 2 + 3 rows fit into 8 with 4 not; the oldest come first.
    #expect(stage.model.runs == [[1, 2], [5, 2], [4, 2]])
}

@Test func requestLargerThanTheBatchLimitRunsByItself() throws {
    let stage = try Stage(rows: 2)
    stage.model.hold()
    try stage.submit(1)
    stage.model.waitForRuns(1)
    try stage.submit(2, rows: 5)
    try stage.submit(3)
    stage.model.release()
    #expect(try stage.values(2).count == 10)
    #expect(try stage.values(3) == [4, 4])
    #expect(stage.model.runs == [[1, 2], [5, 2], [1, 2]])
}

@Test func requestsWithOtherInnerShapesRunApart() throws {
    let model = PuppetModel(dimensions: [.dynamic(name: "N"), .dynamic(name: "M")])
    let stage = try Stage(model)
    model.hold()
    try stage.submit(1)
    model.waitForRuns(1)
    try stage.submit(2)
    let wide = try Tensor(.float32, Shape([1, 3]), values: [Float](repeating: 7, count: 3))
    stage.scheduled.submit(
        InferenceRequest(inputs: [NamedTensor("x", wide)]), completion: stage.answers.completion(3))
    try stage.submit(4)
    model.release()
    #expect(try stage.values(3) == [8, 8, 8])
    #expect(try stage.values(4) == [5, 5])
    #expect(model.runs == [[1, 2], [2, 2], [1, 3]])
}

@Test func modelWithFixedLeadingDimensionIsNeverBatched() throws {
    let stage = try Stage(PuppetModel(dimensions: [.fixed(1), .fixed(2)]))
    stage.model.hold()
    for number in 1...3 { try stage.submit(number) }
    stage.model.release()
    for number in 1...3 { _ = try stage.values(number) }
    #expect(stage.model.runs == [[1, 2], [1, 2], [1, 2]])
}

@Test func fullQueueRefusesAtOnceWithAReasonAndATime() throws {
    let stage = try Stage(queue: 2)
    stage.model.hold()
    for number in 1...4 { try stage.submit(number) }
    guard case .failure(let error) = stage.answers.now(4) else {
        Issue.record("the fourth request should have been refused at once")
        return
    }
    #expect(error.code == .overloaded)
    #expect(error.message.contains("2 requests wait"))
    #expect(error.retryAfter != nil)
    stage.model.release()
    for number in 1...3 { _ = try stage.values(number) }
}

@Test func requestWhoseTimeIsUpBeforeItArrivesIsNotRun() throws {
    let stage = try Stage()
    try stage.submit(1, after: .zero)
    #expect(stage.code(1) == .deadlineExceeded)
    #expect(stage.model.runs.isEmpty)
}

@Test func waitingRequestIsAnsweredWhenItsTimeIsUp() throws {
    let stage = try Stage()
    stage.model.hold()
    try stage.submit(1)
    stage.model.waitForRuns(1)
    try stage.submit(2, after: .milliseconds(20))
    stage.watch.sweep()
    #expect(stage.answers.now(2) == nil)
    stage.clock.advance(by: .milliseconds(20))
    stage.watch.sweep()
    #expect(stage.code(2) == .deadlineExceeded)
    stage.model.release()
    #expect(try stage.values(1) == [2, 2])
    #expect(stage.model.runs.count == 1)
}

@Test func runIsStoppedWhenNobodyWaitsForItAnyMore() throws {
    let stage = try Stage()
    stage.model.hold()
    try stage.submit(1, after: .milliseconds(20))
    stage.model.waitForRuns(1)
    stage.clock.advance(by: .milliseconds(20))
    stage.watch.sweep()
    #expect(stage.code(1) == .deadlineExceeded)
    // The model is free again although nobody released it: the run was cancelled.
    try stage.submit(2, after: .seconds(1))
    stage.model.waitForRuns(2)
    stage.model.release()
    #expect(try stage.values(2) == [3, 3])
}

@Test func cancelledClientFreesItsPlace() throws {
    let stage = try Stage()
    let cancellation = RequestCancellation()
    stage.model.hold()
    try stage.submit(1)
    stage.model.waitForRuns(1)
    try stage.submit(2, cancellation: cancellation)
    cancellation.cancel()
    stage.watch.sweep()
    #expect(stage.code(2) == .cancelled)
    stage.model.release()
    _ = try stage.values(1)
}

@Test func oneBadRequestInABatchDoesNotFailItsNeighbours() throws {
    let stage = try Stage()
    stage.model.hold()
    try stage.submit(1)
    stage.model.waitForRuns(1)
    stage.model.failAbove(rows: 2)
    try stage.submit(2)
    try stage.submit(3, rows: 3)
    try stage.submit(4)
    stage.model.release()
    #expect(try stage.values(2) == [3, 3])
    #expect(stage.code(3) == .engineFailed)
    #expect(try stage.values(4) == [5, 5])
}

@Test func engineFailureMakesTheVersionUnprovenUntilAPredictionWorks() throws {
    let stage = try Stage()
    #expect(!stage.scheduled.health.isProven)
    try stage.submit(1)
    _ = try stage.values(1)
    #expect(stage.scheduled.health.isProven)
    stage.model.fail(ServingError(.engineFailed, "no"))
    try stage.submit(2)
    #expect(stage.code(2) == .engineFailed)
    #expect(stage.scheduled.health.consecutiveFailures == 1)
    #expect(stage.scheduled.health.lastError?.message == "no")
    stage.model.fail(ServingError(.invalidTensor, "the client's mistake"))
    try stage.submit(3)
    _ = stage.code(3)
    #expect(stage.scheduled.health.consecutiveFailures == 1)
    stage.model.fail(nil)
    try stage.submit(4)
    _ = try stage.values(4)
    #expect(stage.scheduled.health.isProven)
}

@Test func wrongInputsComeBackThroughTheCompletion() throws {
    let stage = try Stage()
    let wrong = try Tensor(.int32, Shape([1, 2]), values: [Int32(1), 2])
    stage.scheduled.submit(
        InferenceRequest(inputs: [NamedTensor("x", wrong)]), completion: stage.answers.completion(1)
    )
    #expect(stage.code(1) == .invalidTensor)
    try stage.submit(2, outputs: ["z"])
    #expect(stage.code(2) == .invalidTensor)
}

@Test func unloadRefusesWhatWaitsAndStopsWhatRuns() throws {
    let stage = try Stage()
    stage.model.hold()
    try stage.submit(1)
    stage.model.waitForRuns(1)
    try stage.submit(2)
    stage.scheduled.unload()
    #expect(stage.code(1) == .cancelled)
    #expect(stage.code(2) == .modelNotReady)
    #expect(stage.model.isUnloaded)
    try stage.submit(3)
    #expect(stage.code(3) == .modelNotReady)
}

@Test func everyAnswerBelongsToItsRequestUnderConcurrentLoad() async throws {
    let stage = try Stage(PuppetModel(concurrency: 2), rows: 16, queue: 1_000_000)
    await withTaskGroup(of: Void.self) { group in
        for client in 0..<8 {
            group.addTask {
                for index in 0..<250 {
                    try? stage.submit(client * 250 + index, rows: index % 5 + 1)
                }
            }
        }
    }
    for number in 0..<2000 {
        let values = try stage.values(number)
        #expect(values.count == (number % 250 % 5 + 1) * 2)
        #expect(values.allSatisfy { $0 == Float(number) + 1 })
    }
}
