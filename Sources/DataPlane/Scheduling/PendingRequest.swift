import Inference
import ServingCore
import Synchronization
import Tensors

/// A request on its way through a scheduler: bound to its signature, and answered exactly once.
///
/// One allocation a request; the queue, the run and the deadline sweep share it.
final class PendingRequest: Sendable {
    let signature: ModelSignature
    /// In the signature's order.
    let inputs: [Tensor]
    /// Positions in `signature.outputs`, in the order requested.
    let outputIndices: [Int]
    /// Extent of dimension 0 when the signature batches; 1 otherwise.
    let rows: Int
    let deadline: MonotonicTime?
    let cancellation: RequestCancellation?
    let submitted: MonotonicTime
    private let completion: @Sendable (Result<InferenceResponse, ServingError>) -> Void
    private let isAnswered = Atomic(false)

    init(
        signature: ModelSignature, inputs: [Tensor], outputIndices: [Int],
        request: InferenceRequest,
        submitted: MonotonicTime,
        completion: @escaping @Sendable (Result<InferenceResponse, ServingError>) -> Void
    ) {
        self.signature = signature
        self.inputs = inputs
        self.outputIndices = outputIndices
        rows =
            signature.batching == .leadingDimension
            ? inputs.first?.shape.leadingDimension ?? 1 : 1
        deadline = request.deadline
        cancellation = request.cancellation
        self.submitted = submitted
        self.completion = completion
    }

    /// Answers, unless the deadline sweep or the run has answered before.
    func answer(_ result: Result<InferenceResponse, ServingError>) {
        if !isAnswered.exchange(true, ordering: .acquiringAndReleasing) { completion(result) }
    }

    /// Whether it has been answered already.
    var hasAnswer: Bool { isAnswered.load(ordering: .acquiring) }

    /// Bytes of all inputs.
    var byteCount: Int {
        inputs.reduce(0) { sum, input in
            let (sum, overflow) = sum.addingReportingOverflow(input.storage.count)
            return overflow ? .max : sum
        }
    }

    /// Why it is of no use to run this request any more; nil while it is.
    func expiry(at now: MonotonicTime) -> ServingError? {
        if let deadline, deadline <= now {
            let waited = now.nanoseconds(since: submitted) / 1_000_000
            return ServingError(
                .deadlineExceeded,
                "the request's time was up after \(waited) ms in the model's queue or run; "
                    + "allow more time or send fewer requests at once")
        }
        if let cancellation, cancellation.isCancelled {
            return ServingError(.cancelled, "the client has gone away")
        }
        return nil
    }

    /// Whether both may share a run: one signature, and equal types and inner dimensions.
    func isCompatible(with other: PendingRequest) -> Bool {
        guard signature.batching == .leadingDimension, signature.name == other.signature.name
        else { return false }
        for (left, right) in zip(inputs, other.inputs) {
            guard left.elementType == right.elementType, left.shape.rank == right.shape.rank,
                left.shape.dimensions.dropFirst() == right.shape.dimensions.dropFirst(),
                left.shape.leadingDimension == rows, right.shape.leadingDimension == other.rows
            else { return false }
        }
        return true
    }
}
