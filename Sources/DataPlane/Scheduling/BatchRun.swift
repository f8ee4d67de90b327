import EngineInterface
import Inference
import ServingCore
import Tensors

/// Runs a batch on a model: joins the inputs, calls the engine once, hands each request its rows.
struct BatchRun {
    let model: any LoadedModel
    let identity: ModelIdentity

    /// What became of a batch.
    enum Outcome {
        /// Every request has its own outputs, in the batch's order.
        case answered([[NamedTensor]])
        /// The batch as a whole failed.
        case failed(ServingError)
        /// The engine's outputs do not have one row a row of input: such a model must not be batched.
        case inseparable
    }

    func run(_ batch: RunBatch) -> Outcome {
        do throws(ServingError) {
            if batch.requests.count == 1 {
                return .answered([try runOne(batch.requests[0], batch)])
            }
            return try runTogether(batch)
        } catch {
            return .failed(error)
        }
    }

    /// Runs a request of a batch by itself.
    func runOne(_ request: PendingRequest, _ batch: RunBatch) throws(ServingError) -> [NamedTensor]
    {
        let outputs = try model.run(
            signature: request.signature, inputs: request.inputs,
            outputIndices: request.outputIndices, cancellation: batch.cancellation)
        return named(outputs, request.outputIndices, request.signature)
    }

    private func runTogether(_ batch: RunBatch) throws(ServingError) -> Outcome {
        let requests = batch.requests
        let signature = requests[0].signature
        var inputs: [Tensor] = []
        inputs.reserveCapacity(signature.inputs.count)
        for index in signature.inputs.indices {
            inputs.append(try Tensor.concatenatingRows(requests.map { $0.inputs[index] }))
        }
        let wanted = Self.union(of: requests)
        let outputs = try model.run(
            signature: signature, inputs: inputs, outputIndices: wanted,
            cancellation: batch.cancellation)
        let rows = requests.map(\.rows)
        let total = rows.reduce(0, +)
        var parts: [[Tensor]] = []
        for output in outputs {
            guard output.shape.leadingDimension == total else { return .inseparable }
            parts.append(try output.splittingRows(rows))
        }
        return .answered(
            requests.enumerated().map { position, request in
                let tensors = request.outputIndices.compactMap { index in
                    wanted.firstIndex(of: index).map { parts[$0][position] }
                }
                return named(tensors, request.outputIndices, signature)
            })
    }

    private func named(_ tensors: [Tensor], _ indices: [Int], _ signature: ModelSignature)
        -> [NamedTensor]
    {
        zip(tensors, indices).map { NamedTensor(signature.outputs[$1].name, $0) }
    }

    /// The outputs that any request of the batch wants, each once, in the model's order.
    private static func union(of requests: [PendingRequest]) -> [Int] {
        let first = requests[0].outputIndices
        if requests.allSatisfy({ $0.outputIndices == first }) { return first }
        return Set(requests.flatMap(\.outputIndices)).sorted()
    }
}
