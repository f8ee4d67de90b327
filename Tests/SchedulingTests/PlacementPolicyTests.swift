import Inference
import Testing

@testable import Scheduling

private func fast(_ policy: inout PlacementPolicy, _ count: Int) {
    for _ in 0..<count { policy.ran(nanoseconds: 5_000) }
}

@Test func modelMovesToTheSubmittingThreadOnlyAfterARowOfFastRuns() {
    var policy = PlacementPolicy(.automatic)
    fast(&policy, PlacementPolicy.provingRuns - 1)
    #expect(!policy.runsHere)
    fast(&policy, 1)
    #expect(policy.runsHere)
}

@Test func oneSlowRunMovesTheModelOffAtOnceAndItComesBackLater() {
    var policy = PlacementPolicy(.automatic)
    fast(&policy, PlacementPolicy.provingRuns)
    policy.ran(nanoseconds: 100_000_000)
    #expect(!policy.runsHere)
    // The average has to fall again as well, and more runs are needed than the first time.
    fast(&policy, PlacementPolicy.provingRuns)
    #expect(!policy.runsHere)
    fast(&policy, PlacementPolicy.provingRuns * 16)
    #expect(policy.runsHere)
}

@Test func slowFirstRunDoesNotKeepAFastModelOff() {
    var policy = PlacementPolicy(.automatic)
    policy.ran(nanoseconds: 20_000_000)
    fast(&policy, 200)
    #expect(policy.runsHere)
}

@Test func poolPlacementNeverRunsOnTheSubmittingThread() {
    var policy = PlacementPolicy(.pool)
    fast(&policy, 10_000)
    #expect(!policy.runsHere)
}

@Test func failuresThatComeSoonDoNotMakeAModelFast() {
    var policy = PlacementPolicy(.automatic)
    for _ in 0..<1000 { policy.failed(nanoseconds: 1_000) }
    #expect(!policy.runsHere)
    fast(&policy, PlacementPolicy.provingRuns)
    #expect(policy.runsHere)
    policy.failed(nanoseconds: 100_000_000)
    #expect(!policy.runsHere)
}
