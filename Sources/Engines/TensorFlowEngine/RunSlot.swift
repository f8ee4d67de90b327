import CTensorFlow
import Inference
import ServingCore

/// What one run needs beside its tensors, made once and used again: the status and the arrays of
/// pointers that the library reads and writes.
///
/// `@unchecked Sendable`: a slot belongs to one run at a time.
final class RunSlot: @unchecked Sendable {
    /// Tensors of the inputs, in the signature's order.
    let inputs: UnsafeMutablePointer<OpaquePointer?>
    /// Places and tensors of the outputs asked for.
    let wanted: UnsafeMutablePointer<TF_Output>
    let outputs: UnsafeMutablePointer<OpaquePointer?>
    private let status: TensorFlowStatus
    private let library: TensorFlowLibrary
    private let inputCount: Int
    private let outputCount: Int

    /// Makes room for the inputs and outputs of a signature.
    ///
    /// - Throws: `resource_exhausted`.
    init(_ plan: SignaturePlan) throws(ServingError) {
        library = plan.session.library
        status = try TensorFlowStatus(library)
        inputCount = plan.signature.inputs.count
        outputCount = plan.signature.outputs.count
        inputs = .allocate(capacity: max(1, inputCount))
        inputs.initialize(repeating: nil, count: max(1, inputCount))
        wanted = .allocate(capacity: max(1, outputCount))
        wanted.initialize(
            repeating: TF_Output(operation: nil, index: 0), count: max(1, outputCount))
        outputs = .allocate(capacity: max(1, outputCount))
        outputs.initialize(repeating: nil, count: max(1, outputCount))
    }

    deinit {
        releaseTensors()
        inputs.deallocate()
        wanted.deallocate()
        outputs.deallocate()
    }

    /// Runs on the inputs that are set, for the first `count` outputs that are wanted; blocks.
    ///
    /// - Throws: what the library says.
    func execute(_ plan: SignaturePlan, _ count: Int, _ options: UnsafePointer<TF_Buffer>?)
        throws(TensorFlowFailure)
    {
        library.run(
            plan.session.handle, options, plan.inputs, inputs, Int32(clamping: inputCount), wanted,
            outputs, Int32(clamping: count), nil, 0, nil, status.handle)
        if let failure = status.failure { throw failure }
    }

    /// Releases whatever tensors are left of a run.
    func releaseTensors() {
        for index in 0..<inputCount { release(&inputs[index]) }
        for index in 0..<outputCount { release(&outputs[index]) }
    }

    private func release(_ tensor: inout OpaquePointer?) {
        guard let held = tensor else { return }
        library.deleteTensor(held)
        tensor = nil
    }
}
