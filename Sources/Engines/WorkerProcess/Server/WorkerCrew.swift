import EngineInterface
import Inference
import ServingCore
import Tensors

/// The workers of a version with the lock that hands their lanes out.
final class WorkerCrew: WorkerOwner {
    let plan: WorkerPlan
    let count: Int
    let slots: Condition<WorkerSlots>

    init(_ plan: WorkerPlan, count: Int) {
        self.plan = plan
        self.count = count
        slots = Condition(WorkerSlots(count: count))
    }

    var condition: ServingError? {
        slots.withLock { $0.condition(plan.identity, at: .now()) }
    }

    // MARK: Life

    /// Starts all and waits for all; when one fails, all are ended again.
    func start() throws(ServingError) -> LoadedReply {
        for position in 0..<count {
            do throws(ServingError) {
                try WorkerSupervisor.shared.ask(.start(plan, position: position, owner: self))
            } catch {
                stop()
                throw error
            }
        }
        let result: Result<LoadedReply, ServingError> = slots.wait { slots in
            if let failure = slots.failure { return .failure(failure) }
            guard slots.slots.allSatisfy(\.hasBeenReady), let reply = slots.reply else {
                return nil
            }
            return .success(reply)
        }
        if case .failure = result { stop() }
        return try result.get()
    }

    /// Ends all and waits until their processes are gone; again does nothing.
    func stop() {
        let isFirst = slots.withLock { slots in
            defer { slots.isUnloading = true }
            return !slots.isUnloading
        }
        if isFirst {
            // Only without a thread can this fail, and then there are no workers.
            guard (try? WorkerSupervisor.shared.ask(.stop(owner: self))) != nil else { return }
        }
        slots.wait { $0.slots.allSatisfy(\.isStopped) ? () : nil }
    }

    // MARK: What the supervisor tells

    func workerStarted(_ position: Int, process: Int32) {
        slots.withLock { $0.slots[position].process = process }
    }

    func workerReady(_ position: Int, _ connection: WorkerConnection, _ reply: LoadedReply) {
        slots.withLock { $0.ready(position, connection, reply) }
        slots.broadcast()
    }

    func workerLost(_ position: Int, _ loss: WorkerLoss) {
        slots.withLock { $0.lost(position, loss) }
        slots.broadcast()
    }

    func laneFreed(_ connection: WorkerConnection, _ lane: WorkerLane) {
        slots.withLock { $0.give(connection, lane) }
        slots.signal()
    }

    func workerStopped(_ position: Int) {
        slots.withLock { slots in
            slots.slots[position].connection = nil
            slots.slots[position].freeLanes = []
            slots.slots[position].process = nil
            slots.slots[position].isStopped = true
        }
        slots.broadcast()
    }

    // MARK: Running

    func run(
        _ signature: Int, _ inputs: [Tensor], _ outputs: [Int], _ wanted: [TensorSpecification],
        _ cancellation: RunCancellation
    ) throws(ServingError) -> [Tensor] {
        if let error = cancellation.error { throw error }
        let (connection, lane) = try take(cancellation)
        let run = LaneRun(connection: connection, lane: lane)
        cancellation.setHandler { lane.poke() }
        defer { cancellation.removeHandler() }
        let sequence = lane.nextSequence()
        do throws(ServingError) {
            try run.send(signature: signature, inputs: inputs, outputs: outputs, sequence: sequence)
        } catch {
            free(connection, lane)
            throw error
        }
        switch run.receive(sequence: sequence, wanted: wanted, cancellation: cancellation) {
        case .answered(let result):
            lane.memory.trim(beyond: LaneRun.keptBytes)
            free(connection, lane)
            return try result.get()
        case .abandoned(let error):
            try WorkerSupervisor.shared.ask(.adopt(connection, lane))
            throw error
        case .broken(let error):
            if connection.error == nil {
                try WorkerSupervisor.shared.ask(
                    .kill(
                        connection, .protocol,
                        "broke the protocol and was killed: \(error.message)"))
            }
            throw error
        }
    }

    private func free(_ connection: WorkerConnection, _ lane: WorkerLane) {
        slots.withLock { $0.give(connection, lane) }
        slots.signal()
    }

    /// A free lane, as soon as there is one.
    private func take(_ cancellation: RunCancellation) throws(ServingError) -> (
        WorkerConnection, WorkerLane
    ) {
        let identity = plan.identity
        switch slots.withLock({ $0.take(identity: identity, at: .now()) }) {
        case .lane(let connection, let lane): return (connection, lane)
        case .none(let error): throw error
        case .busy: break
        }
        // All lanes are busy, some of them perhaps with runs that nobody waits for any more.
        // The handler must not lock: whoever cancels holds the cancellation's lock meanwhile. A
        // wake-up that falls between a look and the sleep is made good by the next look.
        cancellation.setHandler { [slots] in slots.broadcast() }
        defer { cancellation.removeHandler() }
        while true {
            if let error = cancellation.error { throw error }
            let look = MonotonicTime.now().advanced(by: .milliseconds(20))
            let result = slots.wait(until: look) {
                slots -> Result<(WorkerConnection, WorkerLane), ServingError>? in
                switch slots.take(identity: identity, at: .now()) {
                case .lane(let connection, let lane): .success((connection, lane))
                case .none(let error): .failure(error)
                case .busy: nil
                }
            }
            if let result { return try result.get() }
        }
    }
}
