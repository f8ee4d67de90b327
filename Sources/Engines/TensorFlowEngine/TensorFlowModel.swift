import CTensorFlow
import EngineInterface
import Inference
import ServingCore
import Synchronization
import Tensors

/// A loaded SavedModel.
///
/// A run under way cannot be stopped: `TF_SessionRun` takes no word from outside. A stopped run ends
/// with its error as soon as TensorFlow is done; `run_timeout_ms` bounds that, and in a worker
/// process the watchdog.
final class TensorFlowModel: LoadedModel {
    let declaration: LoadedModelDeclaration
    let concurrencyMaximum: Int
    private let options: RunOptionsBuffer?
    private let plans: Mutex<[SignaturePlan]>

    /// Takes over a session.
    ///
    /// - Throws: `model_invalid` for signatures that cannot be served or do not fit the graph.
    init(
        _ session: TensorFlowSession, _ graph: SavedModelGraph, _ options: TensorFlowOptions,
        concurrencyMaximum: Int
    ) throws(ServingError) {
        let table = try SignatureTable(graph)
        var plans: [SignaturePlan] = []
        for row in table.rows { plans.append(try SignaturePlan(row, session)) }
        self.plans = Mutex(plans)
        self.options = options.runOptions.map { RunOptionsBuffer($0) }
        declaration = LoadedModelDeclaration(
            platform: "tensorflow_savedmodel", signatures: table.rows.map(\.signature),
            properties: table.properties)
        self.concurrencyMaximum = concurrencyMaximum
    }

    func run(
        signature: ModelSignature, inputs: [Tensor], outputIndices: [Int],
        cancellation: RunCancellation
    ) throws(ServingError) -> [Tensor] {
        let plan = try plan(for: signature)
        guard inputs.count == plan.signature.inputs.count else {
            throw ServingError(
                .internalError, "\(inputs.count) inputs for \(plan.signature.inputs.count)")
        }
        if let error = cancellation.error { throw error }
        if outputIndices.isEmpty { return [] }
        let slot = try plan.takeSlot()
        defer {
            slot.releaseTensors()
            plan.giveBack(slot)
        }
        let library = plan.session.library
        for (index, tensor) in inputs.enumerated() {
            slot.inputs[index] = try InputTensor.make(tensor, library)
        }
        let wanted = WantedOutputs(outputIndices)
        for (place, index) in wanted.distinct.enumerated() { slot.wanted[place] = plan.outputs[index] }
        do throws(TensorFlowFailure) {
            try slot.execute(plan, wanted.distinct.count, options?.pointer)
        } catch {
            throw cancellation.error ?? error.running(version: library.version)
        }
        if let error = cancellation.error { throw error }
        return wanted.inOrder(try outputs(of: slot, wanted.distinct, plan))
    }

    func unload() {
        // The session is released outside the lock, with the last of the plans.
        let last = plans.withLock { plans -> [SignaturePlan] in
            defer { plans = [] }
            return plans
        }
        for plan in last { plan.clear() }
    }

    private func plan(for signature: ModelSignature) throws(ServingError) -> SignaturePlan {
        let found = plans.withLock { plans in
            plans.first { $0.signature.name == signature.name }
        }
        guard let found else {
            throw ServingError(.internalError, "a run after the model was unloaded")
        }
        return found
    }

    /// Numbers stay where the library put them; strings are copied.
    private func outputs(of slot: RunSlot, _ indices: [Int], _ plan: SignaturePlan)
        throws(ServingError) -> [Tensor]
    {
        var tensors: [Tensor] = []
        tensors.reserveCapacity(indices.count)
        for (place, index) in indices.enumerated() {
            let specification = plan.signature.outputs[index]
            guard let value = slot.outputs[place] else {
                throw ServingError(
                    .engineFailed, "output '\(specification.name)' has no value")
            }
            do throws(ServingError) {
                let output = OutputTensor(library: plan.session.library, handle: value)
                if specification.elementType == .bytes {
                    tensors.append(try output.copyStrings())
                } else {
                    let tensor = try output.borrow(specification.elementType)
                    // It is released with the tensor's storage now.
                    slot.outputs[place] = nil
                    tensors.append(tensor)
                }
            } catch {
                throw ServingError(
                    error.code == .resourceExhausted ? error.code : .engineFailed,
                    "output '\(specification.name)': \(error.message)")
            }
        }
        return tensors
    }
}

/// A `RunOptions` message that lies still as long as this object lives.
///
/// `@unchecked Sendable`: nothing is written after the initialiser.
final class RunOptionsBuffer: @unchecked Sendable {
    private let bytes: UnsafeMutablePointer<UInt8>
    private let buffer: UnsafeMutablePointer<TF_Buffer>

    /// Copies the message.
    init(_ message: [UInt8]) {
        bytes = .allocate(capacity: max(1, message.count))
        bytes.initialize(from: message, count: message.count)
        buffer = .allocate(capacity: 1)
        buffer.initialize(
            to: TF_Buffer(data: bytes, length: message.count, data_deallocator: nil))
    }

    deinit {
        buffer.deallocate()
        bytes.deallocate()
    }

    /// For `TF_SessionRun`.
    var pointer: UnsafePointer<TF_Buffer> { UnsafePointer(buffer) }
}
