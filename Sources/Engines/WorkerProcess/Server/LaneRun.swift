import EngineInterface
import Glibc
import Inference
import ServingCore
import Tensors

/// One run on a lane: inputs out, the answer in.
struct LaneRun {
    let connection: WorkerConnection
    let lane: WorkerLane

    /// How it ended.
    enum Outcome {
        case answered(Result<[Tensor], ServingError>)
        /// Stopped while the worker still works on it: the lane is not free yet.
        case abandoned(ServingError)
        /// The worker is dead, or must be killed for breaking the protocol.
        case broken(ServingError)
    }

    /// A shared memory beyond this is given back after the run.
    static let keptBytes = 32 << 20

    /// Writes the run frame.
    ///
    /// - Throws: `request_too_large` or `resource_exhausted`, with the lane as free as before;
    ///   `worker_failed` when the worker is gone.
    func send(
        signature: Int, inputs: [Tensor], outputs: [Int], sequence: UInt64
    ) throws(ServingError) {
        let placement = try TensorPlacement(inputs, from: 0)
        let mapping =
            placement.needsMemory(from: 0) ? try lane.memory.room(for: placement.end) : nil
        var writer = PayloadWriter(capacity: placement.payloadBytes + 32 + outputs.count * 4)
        RunCommand.write(
            signature: signature, nanosecondsLeft: 0, freeOffset: placement.end, outputs: outputs,
            inputs: inputs.count, to: &writer)
        placement.write(inputs, mapping, to: &writer)
        try write(try writer.finish(.run, sequence: sequence))
    }

    private func write(_ frame: [UInt8]) throws(ServingError) {
        var offset = 0
        while offset < frame.count {
            let written = frame.withUnsafeBytes { bytes in
                Glibc.write(
                    lane.command, bytes.baseAddress.map { $0 + offset }, bytes.count - offset)
            }
            if written > 0 {
                offset += written
            } else if errno == EAGAIN {
                _ = lane.wait(for: lane.command, Int16(POLLOUT))
            } else if errno != EINTR {
                throw waitForDeath()
            }
            // Half a frame must be finished, so only the worker's death ends the wait.
            if let error = connection.error { throw error }
        }
    }

    /// Waits for the reply.
    func receive(
        sequence: UInt64, wanted: [TensorSpecification], cancellation: RunCancellation
    ) -> Outcome {
        do throws(ServingError) {
            while true {
                switch try lane.inbox.fill(from: lane.result) {
                case .complete(let frame):
                    defer { lane.inbox.consume(frame) }
                    return .answered(try read(frame, sequence, wanted))
                case .ended: return .broken(waitForDeath())
                case .incomplete: break
                }
                if let error = connection.error { return .broken(error) }
                if let error = cancellation.error { return .abandoned(error) }
                _ = lane.wait(for: lane.result, Int16(POLLIN))
            }
        } catch {
            return .broken(error)
        }
    }

    /// The inner result is the worker's word; what is thrown breaks the protocol.
    private func read(
        _ frame: WorkerFrame, _ sequence: UInt64, _ wanted: [TensorSpecification]
    ) throws(ServingError) -> Result<[Tensor], ServingError> {
        guard frame.sequence == sequence else {
            throw WorkerFault.broken("a reply to run \(frame.sequence), not to \(sequence)")
        }
        return try lane.inbox.withPayload(of: frame) {
            payload throws(ServingError) -> Result<[Tensor], ServingError> in
            switch frame.kind {
            case .failed: return .failure(try FailedReply(payload: payload).error)
            case .result:
                let reply = try ResultReply(payload: payload)
                guard reply.outputs.count == wanted.count else {
                    throw WorkerFault.broken(
                        "\(reply.outputs.count) outputs, where \(wanted.count) were wanted")
                }
                var tensors: [Tensor] = []
                for (output, specification) in zip(reply.outputs, wanted) {
                    tensors.append(try tensor(output, specification, payload))
                }
                return .success(tensors)
            default: throw WorkerFault.broken("a message of kind \(frame.kind) on a lane")
            }
        }
    }

    /// Copies an output out, and then checks the copy: the worker may still write to its own.
    private func tensor(
        _ output: WireTensor, _ specification: TensorSpecification,
        _ payload: UnsafeRawBufferPointer
    ) throws(ServingError) -> Tensor {
        guard output.elementType == specification.elementType else {
            throw WorkerFault.broken(
                "output '\(specification.name)' of type \(output.elementType), where "
                    + "\(specification.elementType) is declared")
        }
        let memory: TensorMemory
        switch output.place {
        case .inline(let range):
            memory = try TensorMemory.allocate(byteCount: range.count)
            memory.bytes.copyMemory(from: UnsafeRawBufferPointer(rebasing: payload[range]))
        case .shared(let offset, let count):
            guard let view = try lane.memory.view(offset: offset, count: count) else {
                throw WorkerFault.broken(
                    "output '\(specification.name)' of \(count) bytes at \(offset), beyond the "
                        + "shared memory")
            }
            memory = try TensorMemory.allocate(byteCount: count)
            let bytes = view.bytes[offset..<offset + count]
            memory.bytes.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes))
        }
        do throws(ServingError) {
            return try Tensor(output.elementType, output.shape, memory.freeze())
        } catch {
            throw WorkerFault.broken("output '\(specification.name)': \(error.message)")
        }
    }

    /// The stream has ended; the supervisor knows why in a moment.
    private func waitForDeath() -> ServingError {
        let end = MonotonicTime.now().advanced(by: .seconds(5))
        while MonotonicTime.now() < end {
            if let error = connection.error { return error }
            // Only the poke of `markDead` can end this wait early.
            _ = lane.wait(for: -1, 0)
        }
        return connection.error
            ?? ServingError(.workerFailed, "\(connection.name) closed a lane; try again")
    }
}
