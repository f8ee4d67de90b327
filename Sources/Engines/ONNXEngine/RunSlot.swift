import CONNXRuntime
import EngineInterface
import ServingCore
import Tensors

/// What one run needs beside its tensors, made once and used again: the run options, through which
/// it is stopped, and the arrays of pointers that the library reads.
///
/// `@unchecked Sendable`: a slot belongs to one run at a time; the one thing that another thread
/// calls is `RunOptionsSetTerminate`, which sets a flag.
final class RunSlot: @unchecked Sendable {
    /// Values of the inputs, in the signature's order.
    let inputs: UnsafeMutablePointer<OpaquePointer?>
    /// Names and values of the outputs asked for.
    let outputNames: UnsafeMutablePointer<UnsafePointer<CChar>?>
    let outputs: UnsafeMutablePointer<OpaquePointer?>
    /// The library's options of this run.
    let options: OpaquePointer
    /// Makes a run that is under way return soon.
    let terminate: @Sendable () -> Void
    private let runtime: ONNXRuntime
    private let inputCount: Int
    private let outputCount: Int

    /// Makes room for so many inputs and outputs.
    init(_ runtime: ONNXRuntime, inputCount: Int, outputCount: Int) throws(ONNXFailure) {
        let options = try runtime.api.make { runtime.api.pointee.CreateRunOptions(&$0) }
        let stop = Terminator(api: runtime.api, options: options)
        self.runtime = runtime
        self.options = options
        self.inputCount = inputCount
        self.outputCount = outputCount
        terminate = { stop.fire() }
        inputs = .allocate(capacity: max(1, inputCount))
        inputs.initialize(repeating: nil, count: max(1, inputCount))
        outputs = .allocate(capacity: max(1, outputCount))
        outputs.initialize(repeating: nil, count: max(1, outputCount))
        outputNames = .allocate(capacity: max(1, outputCount))
        outputNames.initialize(repeating: nil, count: max(1, outputCount))
    }

    deinit {
        releaseValues()
        inputs.deallocate()
        outputs.deallocate()
        outputNames.deallocate()
        runtime.api.pointee.ReleaseRunOptions(options)
    }

    /// Releases whatever values are left of a run.
    func releaseValues() {
        for index in 0..<inputCount { release(&inputs[index]) }
        for index in 0..<outputCount { release(&outputs[index]) }
    }

    /// Makes a stopped slot usable again.
    func resetTermination() {
        runtime.api.discard(runtime.api.pointee.RunOptionsUnsetTerminate(options))
    }

    private func release(_ value: inout OpaquePointer?) {
        guard let held = value else { return }
        runtime.api.pointee.ReleaseValue(held)
        value = nil
    }
}

/// Sets a run's termination flag; a value, so that the closure that holds it does not hold the slot.
///
/// `@unchecked Sendable`: the handler is removed from the run's cancellation before the slot, and
/// with it the options, can be released.
private struct Terminator: @unchecked Sendable {
    let api: ONNXTable
    let options: OpaquePointer

    func fire() {
        api.discard(api.pointee.RunOptionsSetTerminate(options))
    }
}
