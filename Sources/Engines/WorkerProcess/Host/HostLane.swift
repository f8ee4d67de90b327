import EngineInterface
import Glibc
import Inference
import ServingCore
import Synchronization
import Tensors

/// The worker's side of a lane: a thread that reads runs, calls the model and writes the results.
final class HostLane: Sendable {
    private struct Current {
        var sequence: UInt64 = 0
        var cancellation: RunCancellation?
        /// The last run that was cancelled; its command may come before the run does.
        var cancelled: UInt64?
    }

    private let index: Int
    private let current = Mutex(Current())

    init(index: Int) {
        self.index = index
    }

    private var commands: Int32 { Int32(5 + 3 * index) }
    private var results: Int32 { Int32(6 + 3 * index) }

    /// Stops a run, or the one that is to come with that number.
    func cancel(_ run: UInt64) {
        let running = current.withLock { current -> RunCancellation? in
            current.cancelled = run
            return current.sequence == run ? current.cancellation : nil
        }
        running?.cancel(Self.unwanted)
    }

    private static let unwanted = ServingError(.cancelled, "nobody waits for the run any more")

    /// Starts the thread.
    ///
    /// - Throws: `resource_exhausted` when the system starts no more threads.
    func start(_ model: any LoadedModel, _ counts: HostCounts) throws(ServingError) {
        let memory = SharedMemory(file: Int32(7 + 3 * index))
        try NamedThread.start("slipway-lane") { [self] in
            do throws(ServingError) {
                try serve(model, memory, counts)
            } catch {
                WorkerMain.complain(error.message)
                _exit(2)
            }
        }
    }

    private func serve(
        _ model: any LoadedModel, _ memory: SharedMemory, _ counts: HostCounts
    ) throws(ServingError) {
        var inbox = FrameInbox()
        while true {
            // The control thread ends the process; this one only has nothing more to do.
            guard case .complete(let frame) = try inbox.fill(from: commands) else { return }
            guard frame.kind == .run else {
                throw WorkerFault.broken("a message of kind \(frame.kind) on a lane")
            }
            let begin = MonotonicTime.now()
            let reply = try inbox.withPayload(of: frame) {
                payload throws(ServingError) -> [UInt8] in
                let command = try RunCommand(payload: payload)
                do throws(ServingError) {
                    return try run(command, payload, frame.sequence, model, memory)
                } catch {
                    return try FailedReply(error).frame(sequence: frame.sequence)
                }
            }
            inbox.consume(frame)
            counts.ran(nanoseconds: MonotonicTime.now().nanoseconds(since: begin))
            guard FrameOutput.write(reply, to: results) else { return }
        }
    }

    private func run(
        _ command: RunCommand, _ payload: UnsafeRawBufferPointer, _ sequence: UInt64,
        _ model: any LoadedModel, _ memory: SharedMemory
    ) throws(ServingError) -> [UInt8] {
        let signatures = model.declaration.signatures
        guard signatures.indices.contains(command.signature) else {
            throw ServingError(.internalError, "there is no signature \(command.signature)")
        }
        let signature = signatures[command.signature]
        guard command.inputs.count == signature.inputs.count,
            command.outputs.allSatisfy({ signature.outputs.indices.contains($0) })
        else {
            throw ServingError(.internalError, "inputs or outputs do not fit the signature")
        }
        var inputs: [Tensor] = []
        inputs.reserveCapacity(command.inputs.count)
        for input in command.inputs { inputs.append(try tensor(input, payload, memory)) }
        let begin = MonotonicTime.now()
        let outputs = try run(model, signature, inputs, command, sequence)
        let nanoseconds = MonotonicTime.now().nanoseconds(since: begin)
        return try result(outputs, nanoseconds, from: command.freeOffset, sequence, memory)
    }

    private func run(
        _ model: any LoadedModel, _ signature: ModelSignature, _ inputs: [Tensor],
        _ command: RunCommand, _ sequence: UInt64
    ) throws(ServingError) -> [Tensor] {
        let cancellation = RunCancellation()
        let isUnwanted = current.withLock { current in
            current.sequence = sequence
            current.cancellation = cancellation
            return current.cancelled == sequence
        }
        if isUnwanted { cancellation.cancel(Self.unwanted) }
        defer { current.withLock { $0.cancellation = nil } }
        return try model.run(
            signature: signature, inputs: inputs, outputIndices: command.outputs,
            cancellation: cancellation)
    }

    /// An input as the engine sees it: numbers in shared memory are borrowed, not copied.
    private func tensor(
        _ input: WireTensor, _ payload: UnsafeRawBufferPointer, _ memory: SharedMemory
    ) throws(ServingError) -> Tensor {
        switch input.place {
        case .inline(let range):
            let copy = try TensorMemory.allocate(byteCount: range.count)
            copy.bytes.copyMemory(from: UnsafeRawBufferPointer(rebasing: payload[range]))
            return try Tensor(input.elementType, input.shape, copy.freeze())
        case .shared(let offset, let count):
            guard let view = try memory.view(offset: offset, count: count) else {
                throw ServingError(.internalError, "an input lies beyond the shared memory")
            }
            let bytes = view.bytes[offset..<offset + count]
            return try Tensor(
                input.elementType, input.shape,
                TensorStorage(borrowing: UnsafeRawBufferPointer(rebasing: bytes), owner: view))
        }
    }

    private func result(
        _ outputs: [Tensor], _ nanoseconds: UInt64, from start: Int, _ sequence: UInt64,
        _ memory: SharedMemory
    ) throws(ServingError) -> [UInt8] {
        let placement = try TensorPlacement(outputs, from: start)
        let mapping =
            placement.needsMemory(from: start) ? try memory.room(for: placement.end) : nil
        var writer = PayloadWriter(capacity: placement.payloadBytes + 16)
        writer.integer(nanoseconds)
        writer.count(outputs.count)
        placement.write(outputs, mapping, to: &writer)
        return try writer.finish(.result, sequence: sequence)
    }
}
