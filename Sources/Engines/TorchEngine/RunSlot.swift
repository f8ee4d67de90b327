import CTorchShim
import EngineInterface
import ServingCore
import Tensors

/// What one run needs beside its tensors, made once and used again.
///
/// `@unchecked Sendable`: a slot belongs to one run at a time; the one thing that another thread does
/// is to set the stop flag, through the shim and atomically.
final class RunSlot: @unchecked Sendable {
    /// Makes a run that is under way end soon.
    let terminate: @Sendable () -> Void
    private let handle: TorchHandle
    private let stop: UnsafeMutablePointer<UInt8>
    private let inputs: UnsafeMutablePointer<slipway_torch_input>
    private let dimensions: UnsafeMutablePointer<Int64>
    private let inputCount: Int

    /// Makes room for so many inputs.
    init(_ handle: TorchHandle, inputCount: Int) {
        let stop = UnsafeMutablePointer<UInt8>.allocate(capacity: 1)
        stop.initialize(to: 0)
        let flag = StopFlag(functions: handle.library.functions, flag: stop)
        self.handle = handle
        self.stop = stop
        self.inputCount = inputCount
        terminate = { flag.set() }
        inputs = .allocate(capacity: max(1, inputCount))
        dimensions = .allocate(capacity: max(1, inputCount * Limits.tensorRankMaximum))
    }

    deinit {
        stop.deallocate()
        inputs.deallocate()
        dimensions.deallocate()
    }

    /// Makes a stopped slot usable again.
    func reset() {
        stop.pointee = 0
    }

    /// Runs a method; blocks until the outputs are there or the run was stopped.
    ///
    /// - Throws: what torch says, as it says it.
    func run(_ call: TorchCall, _ tensors: [Tensor]) throws(TorchFailure) -> TorchResult {
        guard tensors.count <= inputCount else { throw TorchFailure("too many inputs") }
        // One owner for all: the library releases it once for each input, and this function once.
        let owner = Unmanaged.passRetained(InputOwner(tensors))
        defer { owner.release() }
        return try run(call, tensors, owner)
    }

    private func run(
        _ call: TorchCall, _ tensors: [Tensor], _ owner: Unmanaged<InputOwner>
    ) throws(TorchFailure) -> TorchResult {
        for (index, tensor) in tensors.enumerated() { set(index, tensor, owner) }
        let functions = handle.library.functions
        var result: OpaquePointer?
        try functions.check { error in
            functions.run(
                handle.pointer, call.method, call.arguments, Int32(call.argumentCount), inputs,
                Int32(tensors.count),
                { owner in
                    guard let owner else { return }
                    Unmanaged<InputOwner>.fromOpaque(owner).release()
                }, stop, &result, error)
        }
        guard let result else { throw TorchFailure("no result came of it") }
        return TorchResult(functions, result)
    }

    private func set(_ index: Int, _ tensor: Tensor, _ owner: Unmanaged<InputOwner>) {
        let extents = dimensions + index * Limits.tensorRankMaximum
        for (place, extent) in tensor.shape.dimensions.enumerated() {
            extents[place] = Int64(extent)
        }
        // The address stays valid after the closure: the owner keeps the tensor until the library
        // releases it. The library does not write to inputs (the shim copies where a model would).
        let data = tensor.storage.withUnsafeBytes { $0.baseAddress }
        (inputs + index).initialize(
            to: slipway_torch_input(
                data: data, byte_count: tensor.storage.count, dims: extents,
                rank: Int32(tensor.shape.rank),
                type: TorchElementType.number(tensor.elementType),
                owner: owner.retain().toOpaque()))
    }
}

/// Keeps the inputs of a run for as long as the library refers to them.
private final class InputOwner: Sendable {
    private let tensors: [Tensor]

    init(_ tensors: [Tensor]) {
        self.tensors = tensors
    }
}

/// Sets a run's flag; a value, so that the closure that holds it does not hold the slot.
///
/// `@unchecked Sendable`: the handler is removed from the run's cancellation before the slot, and
/// with it the flag, can be freed.
private struct StopFlag: @unchecked Sendable {
    let functions: TorchFunctions
    let flag: UnsafeMutablePointer<UInt8>

    func set() {
        functions.stop(flag)
    }
}
