import CONNXRuntime
import Inference
import ServingCore
import Tensors

extension SessionRun {
    /// The outputs as tensors, in the order that `setOutputs` was given.
    ///
    /// Numbers stay where the library put them; strings, sequences and maps are copied.
    ///
    /// - Parameter inputs: What was set: an output may be one of them, unchanged.
    /// - Throws: `engine_failed` when an output has no form as a tensor.
    func results(of indices: [Int], inputs: [Tensor]) throws(ServingError) -> [Tensor] {
        var tensors: [Tensor] = []
        tensors.reserveCapacity(indices.count)
        for (place, index) in indices.enumerated() {
            let name = signature.outputs[index].name
            guard let value = slot.outputs[place] else {
                throw ServingError(.engineFailed, "output '\(name)' has no value")
            }
            do throws(ServingError) {
                tensors.append(try result(kinds[index], value, place, index, inputs))
            } catch {
                throw ServingError(
                    error.code == .resourceExhausted ? error.code : .engineFailed,
                    "output '\(name)': \(error.message)")
            }
        }
        return tensors
    }

    private func result(
        _ kind: OutputKind, _ value: OpaquePointer, _ place: Int, _ index: Int, _ inputs: [Tensor]
    ) throws(ServingError) -> Tensor {
        let collections = CollectionOutputs(runtime: runtime)
        switch kind {
        case .tensor:
            let declared = signature.outputs[index].elementType
            let (type, shape) = try typeAndShape(of: value)
            guard type == declared else {
                throw ServingError(.engineFailed, "it is \(type), not \(declared) as declared")
            }
            if type == .bytes { return try StringTensors.tensor(from: value, shape, api) }
            return try borrow(place, value, type, shape, inputs)
        case .sequenceOfMaps:
            return try collections.matrix(of: value, signature.outputs[index])
        case .map:
            return try collections.vector(of: value)
        case .sequenceOfTensors:
            return try collections.stack(of: value, signature.outputs[index].elementType)
        }
    }

    /// Takes a value over from the slot; it is released with the tensor's storage.
    private func borrow(
        _ place: Int, _ value: OpaquePointer, _ type: ElementType, _ shape: Shape,
        _ inputs: [Tensor]
    ) throws(ServingError) -> Tensor {
        let count = try shape.byteCount(of: type)
        let start = try data(of: value)
        let source = inputs.first { $0.storage.contains(start) }
        slot.outputs[place] = nil
        let owner = OutputValue(runtime, value, source: source)
        let bytes = UnsafeRawBufferPointer(start: start, count: count)
        return Tensor(trusted: type, shape, TensorStorage(borrowing: bytes, owner: owner))
    }

    private func data(of value: OpaquePointer) throws(ServingError) -> UnsafeRawPointer? {
        var start: UnsafeMutableRawPointer?
        do throws(ONNXFailure) {
            try api.check(api.pointee.GetTensorMutableData(value, &start))
        } catch {
            throw error.running
        }
        return UnsafeRawPointer(start)
    }

    private func typeAndShape(of value: OpaquePointer) throws(ServingError) -> (ElementType, Shape)
    {
        try TensorReader(api: api).typeAndShape(of: value)
    }
}

/// A value of the library that lives as long as the tensor over its bytes.
///
/// `@unchecked Sendable`: the pointer is set once and released once, by whoever drops it last.
private final class OutputValue: @unchecked Sendable {
    private let runtime: ONNXRuntime
    private let value: OpaquePointer
    /// The input whose bytes the value only points at: a model may give one back as it is.
    private let source: Tensor?

    init(_ runtime: ONNXRuntime, _ value: OpaquePointer, source: Tensor?) {
        self.runtime = runtime
        self.value = value
        self.source = source
    }

    deinit {
        runtime.api.pointee.ReleaseValue(value)
    }
}

extension TensorStorage {
    /// Whether an address lies in these bytes.
    fileprivate func contains(_ address: UnsafeRawPointer?) -> Bool {
        withUnsafeBytes { bytes in
            guard let address, let start = bytes.baseAddress else { return false }
            return address >= start && address < start + bytes.count
        }
    }
}
