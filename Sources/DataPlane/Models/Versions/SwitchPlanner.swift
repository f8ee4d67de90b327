import ServingCore

/// Decides which instances come and which go; a pure function of what is wanted and what is.
enum SwitchPlanner {
    /// What should happen now; empty when everything is as it should be.
    struct Plan: Equatable {
        /// Instances to retire, with the reason.
        var retire: [InstanceID: String] = [:]
        /// Targets to start an instance for, highest version first.
        var start: [VersionTarget] = []
    }

    /// What is wanted and what is.
    struct Situation {
        var policy: SwitchPolicy
        /// The wanted versions, highest first.
        var targets: [VersionTarget]
        /// Versions that the policy names and that are not there; those that never were hold the old.
        var missing: [ModelVersion]
        /// Versions whose directories exist, wanted or not.
        var found: Set<ModelVersion>
        var instances: [VersionMachine]
        /// What makes versions that exist unwanted.
        var wish: Wish

        func target(of version: ModelVersion) -> VersionTarget? {
            targets.first { $0.version == version }
        }

        /// Whether an instance is what is wanted of its version.
        func matches(_ instance: VersionMachine) -> Bool {
            guard !instance.isAbandoned, let target = target(of: instance.version) else {
                return false
            }
            return target.fingerprint == nil || target == instance.target
        }
    }

    /// Why versions that exist may be unwanted.
    enum Wish {
        /// So many of the highest are wanted, in this base directory.
        case latest(in: String)
        /// Those that the configuration lists are wanted, in this base directory.
        case listed(in: String)
        /// None is wanted, for this reason.
        case none(String)
    }

    static func plan(_ situation: Situation) -> Plan {
        var plan = Plan()
        for instance in situation.instances where instance.isPending {
            guard !instance.isAbandoned, !situation.matches(instance) else { continue }
            plan.retire[instance.id] = reason(instance, situation)
        }
        switch situation.policy {
        case .availabilityPreserving: preserveAvailability(situation, &plan)
        case .resourcePreserving: preserveResources(situation, &plan)
        }
        return plan
    }

    /// New versions load beside the old; the old go when the new are available.
    private static func preserveAvailability(_ situation: Situation, _ plan: inout Plan) {
        plan.start = unmatched(situation)
        let available = situation.instances.filter(\.isAvailable)
        var unwanted: [VersionMachine] = []
        for instance in available where !situation.matches(instance) {
            guard situation.target(of: instance.version) != nil else {
                unwanted.append(instance)
                continue
            }
            let hasSuccessor = available.contains {
                $0.version == instance.version && situation.matches($0)
            }
            if hasSuccessor { plan.retire[instance.id] = "a new instance has taken its place" }
        }
        for instance in surplus(unwanted, situation, available) {
            plan.retire[instance.id] = reason(instance, situation)
        }
    }

    /// The unwanted ones that nothing needs: as many of the highest stay as wanted ones are not yet
    /// available; one whose directory is gone stays only while nothing else could answer.
    private static func surplus(
        _ unwanted: [VersionMachine], _ situation: Situation, _ available: [VersionMachine]
    ) -> [VersionMachine] {
        let loaded = Set(available.map(\.version))
        let ready = situation.targets.count { loaded.contains($0.version) }
        let neverThere = situation.missing.count { !loaded.contains($0) }
        var stay = situation.targets.count + neverThere - ready
        var surplus: [VersionMachine] = []
        let onDisk = unwanted.filter { situation.found.contains($0.version) }
        for instance in onDisk.sorted(by: { $0.version > $1.version }) {
            if stay > 0 { stay -= 1 } else { surplus.append(instance) }
        }
        var mayStay = stay > 0 && ready == 0 && onDisk.isEmpty
        let gone = unwanted.filter { !situation.found.contains($0.version) }
        for instance in gone.sorted(by: { $0.version > $1.version }) {
            if mayStay { mayStay = false } else { surplus.append(instance) }
        }
        return surplus
    }

    /// Old versions go first; new ones begin when nothing of the old is left.
    private static func preserveResources(_ situation: Situation, _ plan: inout Plan) {
        let nothingWanted = situation.targets.isEmpty && situation.missing.isEmpty
        let removed = situation.targets.isEmpty && !situation.missing.isEmpty
        let mayBegin = situation.targets.contains { $0.fingerprint != nil }
        for instance in situation.instances where instance.isAvailable {
            guard !situation.matches(instance) else { continue }
            let isGone = removed && !situation.found.contains(instance.version)
            if nothingWanted || mayBegin || isGone {
                plan.retire[instance.id] = reason(instance, situation)
            }
        }
        let isOutgoing = situation.instances.contains { instance in
            switch instance.phase {
            case .draining, .freeing: true
            case .available, .loading, .preparing: !situation.matches(instance)
            case .waiting, .ended: false
            }
        }
        if !isOutgoing { plan.start = unmatched(situation) }
    }

    /// Settled targets that no instance stands for, not even one that has failed.
    private static func unmatched(_ situation: Situation) -> [VersionTarget] {
        situation.targets.filter { target in
            guard target.fingerprint != nil else { return false }
            return !situation.instances.contains { instance in
                switch instance.phase {
                case .draining, .freeing, .ended(nil): false
                default: instance.target == target && !instance.isAbandoned
                }
            }
        }
    }

    private static func reason(_ instance: VersionMachine, _ situation: Situation) -> String {
        if situation.target(of: instance.version) != nil {
            return "its files or options have changed"
        }
        let base: String
        switch situation.wish {
        case .none(let reason): return reason
        case .latest(let directory), .listed(let directory): base = directory
        }
        let directory = instance.target.directory
        guard directory == base || directory.hasPrefix(base + "/") else {
            return "the model's directory is \(base) now"
        }
        guard situation.found.contains(instance.version) else {
            return "its directory has been removed"
        }
        if case .latest = situation.wish, let newest = situation.targets.first?.version,
            newest > instance.version
        {
            return "version \(newest) took its place"
        }
        return "the model's 'versions' no longer include it"
    }
}

extension VersionMachine {
    /// Whether it may still become available.
    var isPending: Bool {
        switch phase {
        case .waiting, .preparing, .loading: true
        default: false
        }
    }

    var isAvailable: Bool {
        if case .available = phase { true } else { false }
    }

    /// The failure it has ended with.
    var endedError: ServingError? {
        if case .ended(let error) = phase { error } else { nil }
    }

    var isEnded: Bool {
        if case .ended = phase { true } else { false }
    }
}
