import Inference
import ServingCore

/// Events that loader threads and lease counters send.
extension ModelMachine {
    /// A loader thread has the memory it needs and loads.
    mutating func loadBegan(_ id: InstanceID, memoryBytes: Int, _ now: MonotonicTime) -> [Action] {
        guard let index = index(of: id),
            instances[index].loadBegan(memoryBytes: memoryBytes, now)
        else { return [] }
        return [.announce(transition(index, now))]
    }

    /// A loader thread has found too little memory.
    mutating func memoryMissing(_ id: InstanceID, _ reason: String, _ now: MonotonicTime)
        -> [Action]
    {
        guard let index = index(of: id) else { return [] }
        // How much is free changes all the time; that there is too little is said once.
        let isNews = !instances[index].isShortOfMemory || instances[index].isAbandoned
        guard instances[index].memoryMissing(reason, pause: timing.memoryPause, now), isNews else {
            return []
        }
        return [.announce(transition(index, now, reason: reason))]
    }

    /// The instance is loaded and warmed up; `remark` is what is odd about it, if anything.
    mutating func loaded(_ id: InstanceID, remark: String, _ now: MonotonicTime) -> [Action] {
        guard let index = index(of: id) else { return [] }
        let began = instances[index].attemptBegan
        guard instances[index].loaded(remark: remark, now) else { return [] }
        let announcement = Action.announce(
            transition(index, now, reason: instances[index].remark, since: began))
        return instances[index].isAvailable ? [announcement] : [announcement, .drain(id)]
    }

    /// An attempt has failed.
    mutating func loadFailed(_ id: InstanceID, _ error: ServingError, _ now: MonotonicTime)
        -> [Action]
    {
        guard let index = index(of: id) else { return [] }
        let began = instances[index].attemptBegan
        guard
            instances[index].loadFailed(error, retry: aspired?.retry ?? .standard, now)
        else { return [] }
        let isAbandoned = instances[index].isAbandoned
        return [
            .announce(
                transition(
                    index, now, reason: instances[index].remark, error: isAbandoned ? nil : error,
                    since: began))
        ]
    }

    /// The last lease is back.
    mutating func drained(_ id: InstanceID, _ now: MonotonicTime) -> [Action] {
        guard let index = index(of: id), instances[index].drained(now) else { return [] }
        return [.unload(id)]
    }

    /// The memory is free.
    mutating func unloaded(_ id: InstanceID, _ now: MonotonicTime) -> [Action] {
        guard let index = index(of: id) else { return [] }
        let began = instances[index].since
        guard instances[index].unloaded(now) else { return [] }
        return [.announce(transition(index, now, reason: instances[index].remark, since: began))]
    }

    /// Describes the state that an instance has just entered.
    func transition(
        _ index: Int, _ now: MonotonicTime, reason: String = "", error: ServingError? = nil,
        since: MonotonicTime? = nil
    ) -> VersionTransition {
        let instance = instances[index]
        return VersionTransition(
            ModelIdentity(name, instance.version), instance.state, reason: reason, error: error,
            nanoseconds: since.map { now.nanoseconds(since: $0) } ?? 0,
            memoryBytes: instance.memoryBytes)
    }
}
