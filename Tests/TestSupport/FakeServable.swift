public import Inference
public import ServingCore
import Synchronization
public import Tensors

/// A model version whose answers a test writes; it binds requests as the scheduler does.
public final class FakeServable: Servable {
    /// Computes the wanted outputs from inputs that are in the signature's order.
    public typealias Body =
        @Sendable (_ inputs: [Tensor], _ outputIndices: [Int]) throws(ServingError) -> [Tensor]

    public let metadata: ModelMetadata
    public let observer: any ModelObserver
    public var health: ServableHealth { currentHealth.withLock { $0 } }

    private let body: Body
    private let requests = Mutex([InferenceRequest]())
    private let currentHealth = Mutex(ServableHealth(lastSuccess: MonotonicTime(nanoseconds: 1)))
    private let isHolding = Mutex(false)
    private let held = Mutex([@Sendable () -> Void]())

    /// Serves a version; by default every request fails as `engine_failed`.
    public init(
        _ metadata: ModelMetadata, observer: any ModelObserver = RecordingObserver(),
        body: @escaping Body = { (_, _) throws(ServingError) in
            throw ServingError(.engineFailed, "the fake has no answer")
        }
    ) {
        self.metadata = metadata
        self.observer = observer
        self.body = body
    }

    /// Every request submitted so far.
    public var submitted: [InferenceRequest] { requests.withLock { $0 } }

    /// Sets what `health` says.
    public func setHealth(_ health: ServableHealth) { currentHealth.withLock { $0 = health } }

    /// From now on answers wait for `releaseAnswers`.
    public func holdAnswers() { isHolding.withLock { $0 = true } }

    /// Gives all answers that wait, on the calling thread.
    public func releaseAnswers() {
        let answers = held.withLock { held in
            defer { held.removeAll() }
            return held
        }
        answers.forEach { $0() }
    }

    public func submit(
        _ request: InferenceRequest,
        completion: @escaping @Sendable (Result<InferenceResponse, ServingError>) -> Void
    ) {
        requests.withLock { $0.append(request) }
        if isHolding.withLock({ $0 }) {
            held.withLock { $0.append { [self] in completion(answer(request)) } }
        } else {
            completion(answer(request))
        }
    }

    private func answer(_ request: InferenceRequest) -> Result<InferenceResponse, ServingError> {
        do throws(ServingError) {
            if request.cancellation?.isCancelled == true {
                throw ServingError(.cancelled, "the client is gone")
            }
            let signature = try metadata.signature(named: request.signatureName)
            let indices = try signature.bindOutputs(request.outputNames)
            let tensors = try body(try signature.bind(request.inputs), indices)
            let outputs = zip(indices, tensors).map { NamedTensor(signature.outputs[$0].name, $1) }
            return .success(
                InferenceResponse(
                    outputs: outputs, identity: metadata.identity,
                    timings: InferenceTimings(
                        queueNanoseconds: 0, runNanoseconds: 0, batchedRequests: 1)))
        } catch {
            return .failure(error)
        }
    }
}
