import Inference
import ServingCore
import Synchronization
import TestSupport
import Testing

private final class NullServable: Servable {
    let metadata: ModelMetadata
    let observer: any ModelObserver = RecordingObserver()
    var health: ServableHealth { ServableHealth() }

    init() throws {
        metadata = try PuppetModel().metadata()
    }

    func submit(
        _ request: InferenceRequest,
        completion: @escaping @Sendable (Result<InferenceResponse, ServingError>) -> Void
    ) {}
}

@Test func closingWaitsForTheLastLeaseAndRefusesNewOnes() throws {
    let servable = try NullServable()
    let counter = LeaseCounter()
    let drained = Atomic(0)
    var leases = [counter.lease(servable), counter.lease(servable)]
    counter.close { drained.wrappingAdd(1, ordering: .relaxed) }
    #expect(counter.lease(servable) == nil)
    leases.removeLast()
    #expect(drained.load(ordering: .relaxed) == 0)
    leases.removeLast()
    #expect(drained.load(ordering: .relaxed) == 1)
    #expect(counter.leases == 0)
}

@Test func closingWithoutLeasesDrainsAtOnce() {
    let drained = Atomic(0)
    LeaseCounter().close { drained.wrappingAdd(1, ordering: .relaxed) }
    #expect(drained.load(ordering: .relaxed) == 1)
}

@Test func cancellationFiresItsHandlerExactlyOnce() {
    let fired = Atomic(0)
    let cancellation = RequestCancellation()
    cancellation.onCancel { fired.wrappingAdd(1, ordering: .relaxed) }
    cancellation.cancel()
    cancellation.cancel()
    #expect(fired.load(ordering: .relaxed) == 1)
    cancellation.onCancel { fired.wrappingAdd(1, ordering: .relaxed) }
    #expect(fired.load(ordering: .relaxed) == 2)
    #expect(cancellation.isCancelled)
}
