import Inference
import ServingCore

/// One model: what is wanted, what its directory holds, and the instances of its versions.
///
/// A value without side effects: events go in, `reconcile` hands out what to do next. One thread
/// owns it.
struct ModelMachine: Sendable {
    /// Something for the shell to do.
    enum Action: Sendable {
        case announce(VersionTransition)
        /// Read the base directory.
        case scan(AspiredModel)
        /// Hand the instance to a loader thread.
        case load(InstanceID, VersionTarget)
        /// Tell the loader thread that has it to stop where it can.
        case abandon(InstanceID)
        /// Close the instance's lease counter.
        case drain(InstanceID)
        /// Free the instance's memory.
        case unload(InstanceID)
        /// Leases have been out for long; say so.
        case reportSlowDrain(InstanceID, ModelVersion)
    }

    /// The times that the machine goes by.
    struct Timing: Sendable {
        var settlePeriod = Duration.seconds(1)
        var scanPauseMinimum = Duration.milliseconds(50)
        /// Between two scans of directories that are watched, in case a change is not announced.
        var watchedPollInterval = Duration.seconds(5)
        /// Between two scans of directories that are not.
        var pollInterval = Duration.seconds(1)
        var memoryPause = Duration.seconds(5)
        var slowDrain = Duration.seconds(30)
    }

    let name: ModelName
    let timing: Timing
    /// What is wanted; nil when the model is to go.
    private(set) var aspired: AspiredModel?
    /// Why the model is to go.
    private var farewell = ""
    /// What the last scan found; nil before the first.
    private(set) var listing: BaseListing?
    /// Why the base directory cannot be read; empty when it can.
    private(set) var trouble = ""
    /// The state of the wanted versions' files.
    private(set) var files: [ModelVersion: SettlingVersions.State] = [:]
    /// Every instance that is not over, and some that are, oldest first.
    var instances: [VersionMachine] = []
    var scans: ScanSchedule
    private var settling: SettlingVersions
    private var nextID: UInt64 = 1
    /// Whether no scan that began after the latest wish has ended yet.
    private(set) var awaitsScan = true
    /// Whether the scan under way began before the latest wish.
    private var scanIsStale = false

    init(_ aspired: AspiredModel, timing: Timing, now: MonotonicTime) {
        name = aspired.name
        self.aspired = aspired
        self.timing = timing
        scans = ScanSchedule(pauseMinimum: timing.scanPauseMinimum, now: now)
        settling = SettlingVersions(
            period: aspired.filesAreComplete ? .zero : timing.settlePeriod)
    }

    /// Whether nothing is left of a model that is not wanted any more.
    var isOver: Bool { aspired == nil && instances.allSatisfy(\.isEnded) }

    /// The moment at which `reconcile` should be called again if nothing else happens.
    var nextDeadline: MonotonicTime? {
        var deadlines = instances.compactMap { instance -> MonotonicTime? in
            switch instance.phase {
            case .waiting(let until): until
            case .draining where !instance.hasReportedSlowDrain:
                instance.since.advanced(by: timing.slowDrain)
            default: nil
            }
        }
        if aspired != nil, let scan = scans.deadline { deadlines.append(scan) }
        return deadlines.min()
    }

    // MARK: Events from outside

    /// Another wish. Files are looked at anew, and what had given up is tried again.
    mutating func aspire(_ model: AspiredModel, _ now: MonotonicTime) {
        if let old = aspired, model.baseDirectory != old.baseDirectory {
            settling.reset()
            trouble = ""
        }
        settling.period = model.filesAreComplete ? .zero : timing.settlePeriod
        aspired = model
        awaitsScan = true
        scanIsStale = scans.isRunning
        instances.removeAll { $0.endedError != nil }
        for index in instances.indices { instances[index].startAfresh(now) }
        scans.changed(now)
    }

    /// The model is to go, for a reason.
    mutating func leave(_ reason: String, _ now: MonotonicTime) {
        if aspired != nil { farewell = reason }
        aspired = nil
        instances.removeAll { $0.endedError != nil }
        scans.changed(now)
    }

    /// A scan has ended. An unreadable base directory changes nothing of what is served.
    mutating func scanned(
        _ result: Result<BaseListing, ServingError>, of baseDirectory: String, isWatched: Bool,
        _ now: MonotonicTime
    ) {
        var settlesAt: MonotonicTime?
        let pause = isWatched ? timing.watchedPollInterval : timing.pollInterval
        defer { scans.finished(settlesAt: settlesAt, pollInterval: pause, now) }
        if !scanIsStale { awaitsScan = false }
        scanIsStale = false
        // A scan of a directory, or for a policy, that was wanted before says nothing any more.
        guard aspired?.baseDirectory == baseDirectory else { return }
        switch result {
        case .failure(let error):
            trouble = error.message
        case .success(let listing):
            trouble = ""
            self.listing = listing
            files = settling.observe(listing, now: now)
            settlesAt = files.values.compactMap { state in
                if case .changing(let until) = state { until } else { nil }
            }.min()
        }
    }

    /// Memory has been freed somewhere.
    mutating func memoryMayBeFree(_ now: MonotonicTime) {
        for index in instances.indices { instances[index].memoryMayBeFree(now) }
    }

    // MARK: Decisions

    /// What is to be done now; called again until it returns nothing.
    mutating func reconcile(_ now: MonotonicTime) -> [Action] {
        var actions = carryOutPlan(now)
        if aspired != nil {
            let waiting = instances.indices.sorted {
                instances[$0].version > instances[$1].version
            }
            for index in waiting where instances[index].beginPreparing(now) {
                actions.append(.load(instances[index].id, instances[index].target))
            }
        }
        if let aspired, scans.begin(now) { actions.append(.scan(aspired)) }
        for index in instances.indices
        where instances[index].reportSlowDrain(after: timing.slowDrain, now) {
            actions.append(.reportSlowDrain(instances[index].id, instances[index].version))
        }
        return actions
    }

    private mutating func carryOutPlan(_ now: MonotonicTime) -> [Action] {
        guard let situation else { return [] }
        let plan = SwitchPlanner.plan(situation)
        var actions: [Action] = []
        for (id, reason) in plan.retire.sorted(by: { $0.key < $1.key }) {
            actions += retire(id, reason, now)
        }
        for target in plan.start { actions.append(start(target, now)) }
        forgetOldInstances()
        return actions
    }

    private mutating func retire(_ id: InstanceID, _ reason: String, _ now: MonotonicTime)
        -> [Action]
    {
        guard let index = index(of: id), let step = instances[index].retire(reason, now) else {
            return []
        }
        switch step {
        case .abandoned: return [.abandon(id)]
        case .ended: return [.announce(transition(index, now, reason: reason))]
        case .draining: return [.announce(transition(index, now, reason: reason)), .drain(id)]
        }
    }

    private mutating func start(_ target: VersionTarget, _ now: MonotonicTime) -> Action {
        instances.removeAll { $0.version == target.version && $0.isEnded }
        instances.append(VersionMachine(id: InstanceID(number: nextID), target: target, now: now))
        nextID += 1
        return .announce(transition(instances.count - 1, now))
    }

    /// Ended instances are shown for a while: the failures that are still wanted, and the latest
    /// few of the others.
    private mutating func forgetOldInstances() {
        let remembered = 5
        guard instances.count > remembered, let situation else { return }
        var ended = instances.filter { $0.isEnded && !situation.matches($0) }.map(\.id)
        ended = Array(ended.dropLast(remembered))
        if !ended.isEmpty { instances.removeAll { ended.contains($0.id) } }
    }

    func index(of id: InstanceID) -> Int? { instances.firstIndex { $0.id == id } }

    // MARK: What is wanted

    /// What is wanted and what is; nil before the first scan of a model that is wanted.
    var situation: SwitchPlanner.Situation? {
        guard let aspired else {
            return .init(
                policy: .availabilityPreserving, targets: [], missing: [],
                found: Set(instances.map(\.version)), instances: instances,
                wish: .none(farewell))
        }
        guard let listing, listing.baseDirectory == aspired.baseDirectory else { return nil }
        let versions = VersionSelection.wanted(
            aspired.versionPolicy, labels: aspired.labels.values,
            found: Array(listing.found.keys))
        let specification = LoadSpecification(aspired)
        return .init(
            policy: aspired.switchPolicy,
            targets: versions.compactMap { version in
                listing.found[version].map {
                    VersionTarget(
                        version: version, directory: $0, fingerprint: settled(version),
                        specification: specification)
                }
            },
            missing: VersionSelection.missing(
                aspired.versionPolicy, found: Array(listing.found.keys)),
            found: Set(listing.found.keys), instances: instances, wish: wish(aspired))
    }

    private func wish(_ aspired: AspiredModel) -> SwitchPlanner.Wish {
        if case .latest = aspired.versionPolicy { return .latest(in: aspired.baseDirectory) }
        return .listed(in: aspired.baseDirectory)
    }

    private func settled(_ version: ModelVersion) -> VersionFingerprint? {
        if case .settled(let fingerprint)? = files[version] { fingerprint } else { nil }
    }
}
