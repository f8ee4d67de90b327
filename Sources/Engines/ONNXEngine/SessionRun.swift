import CONNXRuntime
import Inference
import ServingCore
import Tensors

/// One call of the library: inputs lent to it without a copy, and outputs taken from it so.
struct SessionRun {
    let runtime: ONNXRuntime
    let session: ONNXSession
    let slot: RunSlot
    let signature: ModelSignature
    let kinds: [OutputKind]
    /// Copies of inputs that were not aligned; the library reads them until the run is over.
    private var copies: [TensorStorage] = []
    private var outputCount = 0

    var api: ONNXTable { runtime.api }

    /// Prepares a call in a slot whose values are all nil.
    init(
        _ runtime: ONNXRuntime, _ session: ONNXSession, _ slot: RunSlot,
        _ signature: ModelSignature, _ kinds: [OutputKind]
    ) {
        self.runtime = runtime
        self.session = session
        self.slot = slot
        self.signature = signature
        self.kinds = kinds
    }

    /// Wraps the inputs; their bytes are borrowed, so `inputs` must outlive the run.
    ///
    /// - Throws: `resource_exhausted`, or `invalid_tensor` when the library refuses a tensor.
    mutating func setInputs(_ inputs: [Tensor]) throws(ServingError) {
        for (index, tensor) in inputs.enumerated() {
            if tensor.elementType == .bytes {
                slot.inputs[index] = try StringTensors.value(of: tensor, runtime)
            } else {
                slot.inputs[index] = try wrap(tensor)
            }
        }
    }

    /// Says which outputs to compute.
    mutating func setOutputs(_ indices: [Int], _ names: CStringList) {
        for (place, index) in indices.enumerated() { slot.outputNames[place] = names[index] }
        outputCount = indices.count
    }

    /// Runs; blocks until the outputs are there or the run was stopped.
    func execute(_ inputNames: CStringList) throws(ONNXFailure) {
        try api.check(
            api.pointee.Run(
                session.handle, slot.options, inputNames.start, UnsafePointer(slot.inputs),
                signature.inputs.count, UnsafePointer(slot.outputNames), outputCount, slot.outputs))
        withExtendedLifetime(copies) {}
    }

    private mutating func wrap(_ tensor: Tensor) throws(ServingError) -> OpaquePointer? {
        var storage = tensor.storage
        if !storage.isAligned(to: tensor.elementType.byteWidth ?? 1) {
            let copy = try TensorMemory.allocate(byteCount: storage.count)
            storage.withUnsafeBytes { copy.bytes.copyMemory(from: $0) }
            storage = copy.freeze()
            copies.append(storage)
        }
        let dimensions = tensor.shape.dimensions
        var value: OpaquePointer?
        // The address stays valid after the closure: the caller keeps the tensor, and with it the
        // owner of the bytes, until the run is over. The library does not write to inputs.
        let status = storage.withUnsafeBytes { bytes in
            dimensions.withUnsafeBufferPointer { shape in
                shape.withMemoryRebound(to: Int64.self) { shape in
                    api.pointee.CreateTensorWithDataAsOrtValue(
                        runtime.memoryInfo,
                        UnsafeMutableRawPointer(mutating: bytes.baseAddress ?? Self.nothing),
                        bytes.count, shape.baseAddress, shape.count,
                        ONNXElementType.number(tensor.elementType), &value)
                }
            }
        }
        do throws(ONNXFailure) { try api.check(status) } catch { throw error.running }
        return value
    }

    /// An address for tensors without bytes: the library wants one.
    ///
    /// `nonisolated(unsafe)`: set once, and no byte of it is ever read or written.
    private nonisolated(unsafe) static let nothing = UnsafeRawPointer(
        UnsafeMutableRawPointer.allocate(byteCount: 16, alignment: 16))
}
