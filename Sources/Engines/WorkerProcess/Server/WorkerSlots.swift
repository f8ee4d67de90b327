import EngineInterface
import ServingCore
import Synchronization

/// Which workers of a version live and which of their lanes are free: a value behind the model's lock.
struct WorkerSlots {
    /// One worker's place.
    struct Slot {
        var connection: WorkerConnection?
        var freeLanes: [WorkerLane] = []
        var process: Int32?
        var loss: WorkerLoss?
        var hasBeenReady = false
        var isStopped = false
        var runs: UInt64 = 0
    }

    /// What a run gets.
    enum Grant {
        case lane(WorkerConnection, WorkerLane)
        /// All are busy: wait.
        case busy
        /// None lives.
        case none(ServingError)
    }

    var slots: [Slot]
    var reply: LoadedReply?
    var failure: ServingError?
    var isUnloading = false
    private(set) var restarts: [WorkerEnd: Int] = [:]

    init(count: Int) {
        slots = Array(repeating: Slot(), count: count)
    }

    /// A lane of the worker that has the most free ones; the first of equals.
    mutating func take(identity: ModelIdentity, at now: MonotonicTime) -> Grant {
        var best: Int?
        var isAlive = false
        for (index, slot) in slots.enumerated() where slot.connection != nil {
            isAlive = true
            let free = slot.freeLanes.count
            if free > 0, free > (best.map { slots[$0].freeLanes.count } ?? 0) { best = index }
        }
        guard let best, let connection = slots[best].connection,
            let lane = slots[best].freeLanes.popLast()
        else {
            let error = condition(identity, at: now, forOperators: false)
            return isAlive ? .busy : .none(error ?? Self.unloaded(identity))
        }
        lane.busySince.store(max(1, now.nanoseconds), ordering: .relaxed)
        slots[best].runs &+= 1
        return .lane(connection, lane)
    }

    /// The lane is free again; nothing happens when its worker is gone.
    mutating func give(_ connection: WorkerConnection, _ lane: WorkerLane) {
        lane.busySince.store(0, ordering: .relaxed)
        guard let index = slots.firstIndex(where: { $0.connection === connection }) else { return }
        slots[index].freeLanes.append(lane)
    }

    mutating func ready(_ position: Int, _ connection: WorkerConnection, _ reply: LoadedReply) {
        self.reply = self.reply ?? reply
        slots[position].connection = connection
        slots[position].freeLanes = connection.lanes.prefix(reply.runsAtATime).reversed()
        slots[position].hasBeenReady = true
        slots[position].loss = nil
    }

    mutating func lost(_ position: Int, _ loss: WorkerLoss) {
        slots[position].connection = nil
        slots[position].freeLanes = []
        slots[position].process = nil
        slots[position].loss = loss
        if loss.restart != nil {
            restarts[loss.end, default: 0] += 1
        } else if !slots[position].hasBeenReady {
            failure = failure ?? loss.error
        }
    }

    /// Why no run can be answered; nil while a worker lives.
    func condition(
        _ identity: ModelIdentity, at now: MonotonicTime, forOperators: Bool = true
    ) -> ServingError? {
        guard slots.allSatisfy({ $0.connection == nil }) else { return nil }
        let losses = slots.compactMap(\.loss)
        guard let first = losses.min(by: { restart($0) < restart($1) }) else {
            return Self.unloaded(identity)
        }
        let left = first.restart.map { $0.nanoseconds(since: now) } ?? 0
        let seconds = Double(left / 1_000_000) / 1000
        let next = left == 0 ? "the next one is starting" : "the next one starts in \(seconds) s"
        let loop = losses.contains { $0.isLooping } ? "it is in a crash loop: " : ""
        return ServingError(
            .workerFailed,
            "no worker of model \(identity) runs: \(loop)"
                + "\(forOperators ? first.reason : first.error.message); \(next): try again",
            retryAfter: max(.milliseconds(500), .nanoseconds(Int64(clamping: left))))
    }

    private func restart(_ loss: WorkerLoss) -> MonotonicTime {
        loss.restart ?? MonotonicTime(nanoseconds: .max)
    }

    private static func unloaded(_ identity: ModelIdentity) -> ServingError {
        ServingError(.modelNotReady, "model \(identity) has no worker; it is being unloaded")
    }

    /// Each worker at this moment.
    func statuses() -> [WorkerStatus] {
        slots.enumerated().map { position, slot in
            WorkerStatus(
                position: position, process: slot.process, state: state(of: slot),
                reason: slot.connection == nil ? slot.loss?.reason ?? "" : "",
                residentBytes: slot.process.flatMap(ProcessFiles.ownBytes(of:)) ?? 0,
                runs: slot.runs)
        }
    }

    private func state(of slot: Slot) -> WorkerStatus.State {
        if slot.isStopped { return .stopped }
        if slot.connection != nil { return .ready }
        if slot.process != nil { return .starting }
        return slot.loss?.isLooping == true ? .crashLoop : .waiting
    }
}
