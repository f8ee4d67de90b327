import EngineInterface
import Inference
import ServingCore
import TestSupport
import Tensors
import Testing

@testable import Scheduling

private func pending(_ model: PuppetModel, rows: Int) throws -> PendingRequest {
    let tensor = try Tensor.zeros(.float32, Shape([rows, 2]))
    return PendingRequest(
        signature: model.declaration.signatures[0], inputs: [tensor], outputIndices: [0],
        request: InferenceRequest(inputs: []), submitted: MonotonicTime(nanoseconds: 1),
        completion: { _ in })
}

private func machine(_ model: PuppetModel) throws -> SchedulerMachine {
    SchedulerMachine(
        identity: try model.metadata().identity,
        policy: SchedulingPolicy(
            batchRowsMaximum: 8, queuedRequestsMaximum: 4), instances: 1)
}

/// Runs requests of that many rows through the machine, each ended as `time` says.
private func run(
    _ machine: inout SchedulerMachine, _ model: PuppetModel, times: Int,
    _ time: SchedulerMachine.RunTime
) throws {
    for _ in 0..<times {
        let request = try pending(model, rows: 1)
        switch machine.arrived(request) {
        case .runHere(let batch), .runOnPool(let batch): _ = machine.finished(batch, time)
        case .wait, .refuse: Issue.record("an idle model did not run")
        }
    }
}

@Test func requestsThatNobodyWantedDoNotMakeAModelFast() throws {
    let model = PuppetModel()
    var machine = try machine(model)
    try run(&machine, model, times: 100, .none)
    let isFast = machine.runsHere
    #expect(!isFast)
    try run(&machine, model, times: 100, .answered(nanoseconds: 1_000))
    let isFastNow = machine.runsHere
    #expect(isFastNow)
}

@Test func largeRequestsOfAFastModelRunOnThePool() throws {
    let model = PuppetModel()
    var machine = try machine(model)
    try run(&machine, model, times: 100, .answered(nanoseconds: 1_000))
    let large = try pending(model, rows: PlacementPolicy.bytesMaximum / 8 + 1)
    guard case .runOnPool(let batch) = machine.arrived(large) else {
        Issue.record("a large request ran on the event loop")
        return
    }
    _ = machine.finished(batch, .answered(nanoseconds: 1_000))
    let small = try pending(model, rows: 1)
    guard case .runHere = machine.arrived(small) else {
        Issue.record("a small request did not run on the event loop")
        return
    }
}
