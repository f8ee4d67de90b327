import CONNXRuntime
import EngineInterface
import Inference
import ServingCore
import Synchronization
import Tensors

/// A loaded ONNX model.
final class ONNXModel: LoadedModel {
    /// What is needed to run; gone after `unload`.
    private struct Loaded {
        let session: ONNXSession
        var idleSlots: [RunSlot]
    }

    let declaration: LoadedModelDeclaration
    let concurrencyMaximum: Int
    private let runtime: ONNXRuntime
    private let kinds: [OutputKind]
    private let inputNames: CStringList
    private let outputNames: CStringList
    private let loaded: Mutex<Loaded?>

    /// Takes over a session.
    init(
        _ session: ONNXSession, _ interface: SessionInterface,
        properties: [(key: String, value: String)], concurrencyMaximum: Int
    ) throws(ServingError) {
        runtime = session.runtime
        kinds = interface.kinds
        inputNames = CStringList(interface.inputs.map(\.name))
        outputNames = CStringList(interface.outputs.map(\.name))
        declaration = LoadedModelDeclaration(
            platform: "onnxruntime_onnx", signatures: [interface.signature],
            properties: properties)
        self.concurrencyMaximum = concurrencyMaximum
        loaded = Mutex(Loaded(session: session, idleSlots: []))
    }

    func run(
        signature: ModelSignature, inputs: [Tensor], outputIndices: [Int],
        cancellation: RunCancellation
    ) throws(ServingError) -> [Tensor] {
        guard inputs.count == signature.inputs.count else {
            throw ServingError(
                .internalError, "\(inputs.count) inputs for \(signature.inputs.count)")
        }
        if outputIndices.isEmpty { return [] }
        let (session, slot) = try takeSlot()
        defer {
            slot.releaseValues()
            giveBack(slot)
        }
        var run = SessionRun(runtime, session, slot, signature, kinds)
        try run.setInputs(inputs)
        let wanted = WantedOutputs(outputIndices)
        run.setOutputs(wanted.distinct, outputNames)
        try execute(run, slot, cancellation)
        return wanted.inOrder(try run.results(of: wanted.distinct, inputs: inputs))
    }

    func unload() {
        // The session is released outside the lock, when this reference is the last.
        let last = loaded.withLock { state -> Loaded? in
            defer { state = nil }
            return state
        }
        withExtendedLifetime(last) {}
    }

    private func execute(
        _ run: borrowing SessionRun, _ slot: RunSlot, _ cancellation: RunCancellation
    )
        throws(ServingError)
    {
        cancellation.setHandler(slot.terminate)
        defer {
            cancellation.removeHandler()
            if cancellation.error != nil { slot.resetTermination() }
        }
        do throws(ONNXFailure) {
            try run.execute(inputNames)
        } catch {
            throw cancellation.error ?? error.running
        }
    }

    private func takeSlot() throws(ServingError) -> (ONNXSession, RunSlot) {
        let taken = loaded.withLock { state -> (ONNXSession, RunSlot?)? in
            guard let session = state?.session else { return nil }
            return (session, state?.idleSlots.popLast())
        }
        guard let (session, slot) = taken else {
            throw ServingError(.internalError, "a run after the model was unloaded")
        }
        if let slot { return (session, slot) }
        let signature = declaration.signatures[0]
        do throws(ONNXFailure) {
            let made = try RunSlot(
                runtime, inputCount: signature.inputs.count, outputCount: signature.outputs.count)
            return (session, made)
        } catch {
            throw error.running
        }
    }

    private func giveBack(_ slot: RunSlot) {
        loaded.withLock { $0?.idleSlots.append(slot) }
    }
}
