import CTorchShim
import EngineInterface
import Inference
import ServingCore
import Synchronization
import Tensors

/// A loaded model of PyTorch.
final class TorchModel: LoadedModel {
    /// What is needed to run; gone after `unload`.
    private struct Loaded {
        let handle: TorchHandle
        var idleSlots: [RunSlot]
    }

    let declaration: LoadedModelDeclaration
    let concurrencyMaximum: Int
    private let signatures: [TorchSignature]
    private let inputCountMaximum: Int
    private let loaded: Mutex<Loaded?>

    /// Takes over a model.
    init(
        _ handle: TorchHandle, _ signatures: [TorchSignature], platform: String,
        properties: [(key: String, value: String)], concurrencyMaximum: Int
    ) {
        self.signatures = signatures
        inputCountMaximum = signatures.reduce(0) { max($0, $1.signature.inputs.count) }
        declaration = LoadedModelDeclaration(
            platform: platform, signatures: signatures.map(\.signature), properties: properties)
        self.concurrencyMaximum = concurrencyMaximum
        loaded = Mutex(Loaded(handle: handle, idleSlots: []))
    }

    func run(
        signature: ModelSignature, inputs: [Tensor], outputIndices: [Int],
        cancellation: RunCancellation
    ) throws(ServingError) -> [Tensor] {
        guard inputs.count == signature.inputs.count,
            let own = signatures.first(where: { $0.signature.name == signature.name })
        else {
            throw ServingError(
                .internalError, "\(inputs.count) inputs for \(signature.inputs.count)")
        }
        if outputIndices.isEmpty { return [] }
        var aligned = inputs
        for (index, tensor) in inputs.enumerated() where !tensor.isAligned {
            aligned[index] = try tensor.alignedCopy()
        }
        let slot = try takeSlot()
        defer { giveBack(slot) }
        let result = try execute(own.call, aligned, slot, cancellation)
        return try own.tensors(result, outputIndices)
    }

    func unload() {
        // The model is freed outside the lock, when this reference is the last.
        let last = loaded.withLock { state -> Loaded? in
            defer { state = nil }
            return state
        }
        withExtendedLifetime(last) {}
    }

    private func execute(
        _ call: TorchCall, _ inputs: [Tensor], _ slot: RunSlot, _ cancellation: RunCancellation
    ) throws(ServingError) -> TorchResult {
        if let error = cancellation.error { throw error }
        cancellation.setHandler(slot.terminate)
        defer {
            cancellation.removeHandler()
            if cancellation.error != nil { slot.reset() }
        }
        do throws(TorchFailure) {
            return try slot.run(call, inputs)
        } catch {
            throw cancellation.error ?? error.running
        }
    }

    private func takeSlot() throws(ServingError) -> RunSlot {
        let taken = loaded.withLock { state -> (TorchHandle, RunSlot?)? in
            guard let handle = state?.handle else { return nil }
            return (handle, state?.idleSlots.popLast())
        }
        guard let (handle, slot) = taken else {
            throw ServingError(.internalError, "a run after the model was unloaded")
        }
        return slot ?? RunSlot(handle, inputCount: inputCountMaximum)
    }

    private func giveBack(_ slot: RunSlot) {
        loaded.withLock { $0?.idleSlots.append(slot) }
    }
}

extension TorchSignature {
    /// The wanted outputs of a run, in the order asked.
    ///
    /// - Throws: `engine_failed` when the answer is not what was declared.
    fileprivate func tensors(_ result: TorchResult, _ indices: [Int]) throws(ServingError)
        -> [Tensor]
    {
        guard result.count == signature.outputs.count else {
            throw ServingError(
                .engineFailed,
                "the run gave \(result.count) outputs, not \(signature.outputs.count) as declared"
                    + "; correct 'outputs' in \(ModelNotes.fileName)")
        }
        var tensors: [Tensor] = []
        tensors.reserveCapacity(indices.count)
        for index in indices {
            let declared = signature.outputs[index]
            let tensor = try result.tensor(try place(of: index, in: result))
            guard !checksTypes || tensor.elementType == declared.elementType else {
                throw ServingError(
                    .engineFailed,
                    "output '\(declared.name)' is \(tensor.elementType), not "
                        + "\(declared.elementType) as declared; correct 'outputs' in "
                        + ModelNotes.fileName)
            }
            tensors.append(tensor)
        }
        return tensors
    }

    /// Where an output stands in an answer: dictionaries may be in another order each time.
    private func place(of index: Int, in result: TorchResult) throws(ServingError) -> Int {
        guard let outputKeys else { return index }
        if result.hasKey(outputKeys[index], at: index) { return index }
        for place in 0..<result.count where result.hasKey(outputKeys[index], at: place) {
            return place
        }
        throw ServingError(
            .engineFailed,
            "the run's dictionary has no '\(outputKeys[index])'; correct 'outputs' in "
                + ModelNotes.fileName)
    }
}

extension Tensor {
    /// Whether its elements lie where the processor reads them in one go.
    fileprivate var isAligned: Bool { storage.isAligned(to: elementType.byteWidth ?? 1) }

    /// The same elements in memory of their own.
    fileprivate func alignedCopy() throws(ServingError) -> Tensor {
        let copy = try TensorMemory.allocate(byteCount: storage.count)
        storage.withUnsafeBytes { copy.bytes.copyMemory(from: $0) }
        return Tensor(trusted: elementType, shape, copy.freeze())
    }
}
