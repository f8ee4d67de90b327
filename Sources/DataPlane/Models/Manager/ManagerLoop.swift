import Inference
import Logging
import ServingCore
import Synchronization

/// The manager's own thread: it owns the machines, feeds them events and carries out what they say.
///
/// Nothing in here blocks; whatever may block is handed to loader or scanner threads.
final class ManagerLoop {
    /// A version in memory, from the end of its load to its unload.
    struct Live {
        let loaded: LoadedVersion
        let leases = LeaseCounter()
        var isProbing = false
    }

    let settings: ModelManagerSettings
    let clock: any ServingClock
    let logger: Logger
    let events: (any ModelEvents)?
    let observer: any ServerObserver
    let queue: EventQueue<ManagerEvent>
    let published: PublishedTable
    let loader: ModelLoader
    let loaders: WorkerThreads
    let scanners: WorkerThreads
    let watcher: any DirectoryWatching

    var machines: [ModelName: ModelMachine] = [:]
    var live: [InstanceKey: Live] = [:]
    var abandonments: [InstanceKey: Abandonment] = [:]
    private var troubles: [ModelName: String] = [:]
    private var nextProbe: MonotonicTime
    private var isStopping = false
    private var waits = SettlementWaits()

    init(_ parts: ManagerParts) {
        settings = parts.settings
        clock = parts.dependencies.clock
        logger = parts.dependencies.logger
        events = parts.dependencies.events
        observer = parts.dependencies.observer
        queue = parts.queue
        published = parts.published
        loader = parts.loader
        loaders = parts.loaders
        scanners = parts.scanners
        watcher = parts.watcher
        nextProbe = parts.dependencies.clock.now().advanced(by: parts.settings.probeInterval)
    }

    /// Runs until everything is unloaded after `stop`.
    func run() {
        while true {
            let now = clock.now()
            for (name, machine) in machines where machine.nextDeadline.map({ $0 <= now }) ?? false {
                settle(name, now)
            }
            probeIfDue(now)
            answerWaits(now)
            if isStopping, machines.isEmpty { return }
            for event in queue.take(timeoutNanoseconds: timeout()) { handle(event, clock.now()) }
        }
    }

    private func timeout() -> UInt64? {
        var deadlines = machines.values.compactMap(\.nextDeadline)
        if !live.isEmpty { deadlines.append(nextProbe) }
        if let deadline = waits.nextDeadline { deadlines.append(deadline) }
        return deadlines.min().map { $0.nanoseconds(since: clock.now()) }
    }

    // MARK: Events

    private func handle(_ event: ManagerEvent, _ now: MonotonicTime) {
        switch event {
        case .apply(let state, let renewed, let done):
            if !isStopping { apply(state, renewing: renewed, now) }
            done()
        case .wait(let wait):
            waits.add(wait)
            if isStopping { for answer in waits.endAll() { answer.give() } }
        case .stop:
            isStopping = true
            for answer in waits.endAll() { answer.give() }
            published.table.withLock { $0.isStopping = true }
            apply(AspiredState(), renewing: nil, now)
        case .filesChanged(let baseDirectory):
            for name in machines.keys
            where machines[name]?.aspired?.baseDirectory == baseDirectory {
                machines[name]?.scans.changed(now)
                settle(name, now)
            }
        case .scanned(let name, let baseDirectory, let result, let isWatched):
            machines[name]?.scanned(result, of: baseDirectory, isWatched: isWatched, now)
            settle(name, now)
            forgetUnused([baseDirectory])
        default: handleLoading(event, now)
        }
    }

    private func handleLoading(_ event: ManagerEvent, _ now: MonotonicTime) {
        switch event {
        case .memoryMissing(let key, let reason):
            feed(key, now) { $0.memoryMissing(key.id, reason, now) }
        case .loadBegan(let key, let bytes):
            feed(key, now) { $0.loadBegan(key.id, memoryBytes: bytes, now) }
        case .loadFinished(let key, let result):
            loadFinished(key, result, now)
        case .drained(let key):
            feed(key, now) { $0.drained(key.id, now) }
        case .unloaded(let key):
            live[key] = nil
            feed(key, now) { $0.unloaded(key.id, now) }
            memoryMayBeFree(now)
        case .probed(let key):
            live[key]?.isProbing = false
            publish([key.name])
        default: break
        }
    }

    private func loadFinished(
        _ key: InstanceKey, _ result: Result<LoadedVersion, ServingError>, _ now: MonotonicTime
    ) {
        abandonments[key] = nil
        switch result {
        case .success(let loaded):
            live[key] = Live(loaded: loaded)
            feed(key, now) { $0.loaded(key.id, remark: loaded.remark, now) }
        case .failure(let error):
            feed(key, now) { $0.loadFailed(key.id, error, now) }
        }
        // A load's reservation is gone, whichever way it ended.
        memoryMayBeFree(now)
    }

    private func apply(
        _ state: AspiredState, renewing renewed: Set<ModelName>?, _ now: MonotonicTime
    ) {
        let before = Set(machines.values.compactMap { $0.aspired?.baseDirectory })
        for model in state.models {
            if machines[model.name] == nil {
                machines[model.name] = ModelMachine(model, timing: settings.timing, now: now)
            } else if renewed?.contains(model.name) ?? true
                || machines[model.name]?.aspired != model
            {
                machines[model.name]?.aspire(model, now)
            }
        }
        let wanted = Set(state.models.map(\.name))
        for name in machines.keys where !wanted.contains(name) {
            machines[name]?.leave(
                isStopping
                    ? "the server is stopping"
                    : renewed == nil
                        ? "the model was removed from the configuration"
                        : "a client has asked for that",
                now)
        }
        // All models change for requests in one step, before any of them begins to move.
        publish(Array(machines.keys))
        for name in Array(machines.keys) { settle(name, now) }
        forgetUnused(before)
    }

    /// Ends the watches on directories that no model has any more.
    private func forgetUnused(_ directories: Set<String>) {
        let used = machines.values.compactMap { $0.aspired?.baseDirectory }
        for directory in directories.subtracting(used) { watcher.forget(baseDirectory: directory) }
    }

    private func memoryMayBeFree(_ now: MonotonicTime) {
        for name in Array(machines.keys)
        where machines[name]?.instances.contains(where: \.isShortOfMemory) ?? false {
            machines[name]?.memoryMayBeFree(now)
            settle(name, now)
        }
    }

    private func feed(
        _ key: InstanceKey, _ now: MonotonicTime,
        _ event: (inout ModelMachine) -> [ModelMachine.Action]
    ) {
        guard machines[key.name] != nil else { return }
        let actions = machines[key.name].map { machine -> [ModelMachine.Action] in
            var machine = machine
            defer { machines[key.name] = machine }
            return event(&machine)
        }
        perform(actions ?? [], of: key.name, now)
        settle(key.name, now)
    }

    /// Lets a machine act until it has nothing more to do, and shows the result.
    private func settle(_ name: ModelName, _ now: MonotonicTime) {
        while let actions = machines[name]?.reconcile(now), !actions.isEmpty {
            perform(actions, of: name, now)
        }
        if machines[name]?.isOver ?? false {
            machines[name] = nil
            troubles[name] = nil
        }
        publish([name])
        reportTrouble(name)
    }

    private func reportTrouble(_ name: ModelName) {
        guard let machine = machines[name], machine.aspired != nil else { return }
        let trouble =
            machine.trouble.isEmpty
            ? machine.listing?.remarks.joined(separator: "; ") ?? "" : machine.trouble
        guard troubles[name] ?? "" != trouble else { return }
        troubles[name] = trouble
        if trouble.isEmpty {
            logger.info("model directory is in order again", metadata: ["model": "\(name)"])
        } else {
            logger.warning(
                "model directory has trouble",
                metadata: ["model": "\(name)", "reason": "\(trouble)"])
        }
    }

    /// Answers those whose models have got where they were to go; answers never block.
    private func answerWaits(_ now: MonotonicTime) {
        guard !waits.isEmpty else { return }
        let memoryMayCome = machines.values.contains(where: \.isFreeingMemory)
        let answers = waits.answers(now, memoryMayCome: memoryMayCome) { machines[$0] }
        for answer in answers { answer.give() }
    }

    private func probeIfDue(_ now: MonotonicTime) {
        guard nextProbe <= now else { return }
        nextProbe = now.advanced(by: settings.probeInterval)
        probeUnhealthy()
    }
}

extension ModelManagerSettings {
    /// The machine's share of the settings.
    var timing: ModelMachine.Timing {
        ModelMachine.Timing(
            settlePeriod: settlePeriod, scanPauseMinimum: scanPauseMinimum,
            watchedPollInterval: watchedPollInterval,
            pollInterval: pollInterval, memoryPause: memoryPause, slowDrain: slowDrain)
    }
}
