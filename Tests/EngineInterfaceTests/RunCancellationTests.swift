import EngineInterface
import ServingCore
import Synchronization
import Testing

@Suite struct RunCancellationTests {
    private let late = ServingError(.deadlineExceeded, "too late")
    private let gone = ServingError(.cancelled, "nobody waits")

    @Test func runsTheHandlerOnceAndKeepsTheFirstReason() {
        let calls = Atomic(0)
        let cancellation = RunCancellation()
        cancellation.setHandler { calls.add(1, ordering: .relaxed) }
        #expect(cancellation.error == nil)
        cancellation.cancel(late)
        cancellation.cancel(gone)
        #expect(calls.load(ordering: .relaxed) == 1)
        #expect(cancellation.error == late)
    }

    @Test func runsAHandlerThatComesTooLateAtOnce() {
        let calls = Atomic(0)
        let cancellation = RunCancellation()
        cancellation.cancel(gone)
        cancellation.setHandler { calls.add(1, ordering: .relaxed) }
        #expect(calls.load(ordering: .relaxed) == 1)
    }

    @Test func runsNoHandlerThatWasRemoved() {
        let calls = Atomic(0)
        let cancellation = RunCancellation()
        cancellation.setHandler { calls.add(1, ordering: .relaxed) }
        cancellation.removeHandler()
        cancellation.cancel(gone)
        #expect(calls.load(ordering: .relaxed) == 0)
        #expect(cancellation.error == gone)
    }
}
