import EngineInterface
import Inference
import Models
import ServingCore
import Synchronization
import Tensors

/// Makes servables that run at once on the thread that submits, and can be made to fail.
final class DirectFactory: ServableFactory {
    private let state = Mutex([ModelIdentity: DirectServable]())

    /// The latest servable of a version.
    func servable(_ identity: ModelIdentity) -> DirectServable? {
        state.withLock { $0[identity] }
    }

    func makeServable(
        _ model: any LoadedModel, metadata: ModelMetadata, policy: SchedulingPolicy,
        observer: any ModelObserver
    ) -> any ManagedServable {
        let servable = DirectServable(model, metadata, policy, observer)
        state.withLock { $0[metadata.identity] = servable }
        return servable
    }
}

final class DirectServable: ManagedServable {
    let metadata: ModelMetadata
    let observer: any ModelObserver
    let policy: SchedulingPolicy
    private let model: any LoadedModel
    private let record = Mutex(ServableHealth())
    private let failure = Mutex<ServingError?>(nil)
    private let submitted = Atomic(0)

    init(
        _ model: any LoadedModel, _ metadata: ModelMetadata, _ policy: SchedulingPolicy,
        _ observer: any ModelObserver
    ) {
        self.model = model
        self.metadata = metadata
        self.policy = policy
        self.observer = observer
    }

    var health: ServableHealth { record.withLock { $0 } }

    /// Requests so far, probes and warm-up among them.
    var requests: Int { submitted.load(ordering: .relaxed) }

    /// Makes every run fail, or none.
    func fail(_ error: ServingError?) { failure.withLock { $0 = error } }

    func submit(
        _ request: InferenceRequest,
        completion: @escaping @Sendable (Result<InferenceResponse, ServingError>) -> Void
    ) {
        submitted.wrappingAdd(1, ordering: .relaxed)
        do throws(ServingError) {
            let signature = try metadata.signature(named: request.signatureName)
            let inputs = try signature.bind(request.inputs)
            let indices = try signature.bindOutputs(request.outputNames)
            if let error = failure.withLock({ $0 }) { throw error }
            let outputs = try model.run(
                signature: signature, inputs: inputs, outputIndices: indices,
                cancellation: RunCancellation())
            record.withLock { $0 = ServableHealth(lastSuccess: .now()) }
            completion(
                .success(
                    InferenceResponse(
                        outputs: zip(indices, outputs).map {
                            .init(signature.outputs[$0].name, $1)
                        }, identity: metadata.identity,
                        timings: InferenceTimings(
                            queueNanoseconds: 0, runNanoseconds: 0, batchedRequests: 1))))
        } catch {
            record.withLock {
                $0.consecutiveFailures += 1
                $0.lastError = error
            }
            completion(.failure(error))
        }
    }

    func unload() { model.unload() }
}
