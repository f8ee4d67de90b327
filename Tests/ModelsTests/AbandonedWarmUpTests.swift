import Inference
import ServingCore
import TestSupport
import Testing

@testable import Models

/// Answers a request only when it is cancelled, and abandons its own load as soon as it is asked.
private final class StuckServable: Servable {
    let metadata: ModelMetadata
    let observer: any ModelObserver = RecordingObserver()
    let health = ServableHealth()
    private let abandonment: Abandonment

    init(_ abandonment: Abandonment) throws {
        self.abandonment = abandonment
        metadata = try PuppetModel().metadata()
    }

    func submit(
        _ request: InferenceRequest,
        completion: @escaping @Sendable (Result<InferenceResponse, ServingError>) -> Void
    ) {
        request.cancellation?.onCancel { completion(.failure(ServingError(.cancelled, "ended"))) }
        abandonment.abandon()
    }
}

/// A server that stops must not wait for the slow first run of a version that nobody wants now.
@Test(.timeLimit(.minutes(1))) func anAbandonedLoadEndsItsWarmUpRequestUnderWay() throws {
    let abandonment = Abandonment()
    let warmUp = WarmUp(
        clock: ManualClock(), timeLimit: .seconds(3600),
        isAbandoned: { abandonment.isAbandoned }, cancellation: abandonment.cancellation)
    let error = #expect(throws: ServingError.self) {
        _ = try warmUp.run(
            StuckServable(abandonment), recorded: [],
            policy: WarmUpPolicy(synthetic: true, iterations: 1),
            versionDirectory: "/m/1")
    }
    #expect(error?.code == .cancelled)
}
