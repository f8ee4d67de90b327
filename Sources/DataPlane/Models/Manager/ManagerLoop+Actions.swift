import Inference
import Logging
import ServingCore
import Synchronization

/// Carries out what a machine has decided.
extension ManagerLoop {
    /// Availability is announced after requests can see it, everything else before.
    func perform(_ actions: [ModelMachine.Action], of name: ModelName, _ now: MonotonicTime) {
        var later: [VersionTransition] = []
        for case .announce(let transition) in actions {
            if transition.state == .available {
                later.append(transition)
            } else {
                announce(transition)
            }
        }
        publish([name])
        for transition in later { announce(transition) }
        for action in actions { perform(action, name) }
    }

    private func perform(_ action: ModelMachine.Action, _ name: ModelName) {
        switch action {
        case .announce: break
        case .scan(let model): scan(model)
        case .load(let id, let target): load(InstanceKey(name: name, id: id), target)
        case .abandon(let id): abandonments[InstanceKey(name: name, id: id)]?.abandon()
        case .drain(let id):
            let key = InstanceKey(name: name, id: id)
            let queue = queue
            live[key]?.leases.close { queue.push(.drained(key)) }
        case .unload(let id): unload(InstanceKey(name: name, id: id))
        case .reportSlowDrain(let id, let version):
            let leases = live[InstanceKey(name: name, id: id)]?.leases.leases ?? 0
            logger.warning(
                "version is still in use long after it was to be unloaded",
                metadata: ["model": "\(name)", "version": "\(version)", "leases": "\(leases)"])
        }
    }

    private func scan(_ model: AspiredModel) {
        let scanner = VersionDirectoryScanner(fileSystem: loader.fileSystem, clock: clock)
        let known = machines[model.name]?.listing?.directoriesToWatch ?? []
        scanners.run { [watcher, queue] in
            // Watched before it is read, so that no change falls in between.
            _ = watcher.watch(baseDirectory: model.baseDirectory, directories: known)
            let result: Result<BaseListing, ServingError>
            var directories: [String] = []
            do throws(ServingError) {
                let listing = try scanner.scan(model)
                directories = listing.directoriesToWatch
                result = .success(listing)
            } catch {
                result = .failure(error)
            }
            let isWatched = watcher.watch(
                baseDirectory: model.baseDirectory, directories: directories)
            queue.push(
                .scanned(
                    model.name, baseDirectory: model.baseDirectory, result, isWatched: isWatched))
        }
    }

    private func load(_ key: InstanceKey, _ target: VersionTarget) {
        let abandonment = Abandonment()
        abandonments[key] = abandonment
        let order = LoadOrder(
            key: key, identity: ModelIdentity(key.name, target.version), target: target,
            abandonment: abandonment)
        loaders.run { [loader, queue] in
            loader.attempt(order) { queue.push($0) }
        }
    }

    private func unload(_ key: InstanceKey) {
        guard let servable = live[key]?.loaded.servable else { return }
        let identity = servable.metadata.identity
        live[key] = nil
        loaders.run(urgent: true) { [queue, observer, ledger = loader.ledger] in
            servable.unload()
            LibraryCall.trimHeap()
            ledger.unloaded(key)
            observer.unloadFinished(identity)
            queue.push(.unloaded(key))
        }
    }

    /// Asks each version whose runs fail its warm-up request again, so that readiness comes back
    /// without traffic. Completion happens on any thread and only sends an event.
    func probeUnhealthy() {
        for (key, version) in live where !version.isProbing {
            let health = version.loaded.servable.health
            // What is in the way ends by itself; a request could not get through before.
            guard var request = version.loaded.probes.first, !health.isProven,
                health.condition == nil,
                let lease = version.leases.lease(version.loaded.servable)
            else { continue }
            live[key]?.isProbing = true
            request.deadline = clock.now().advanced(by: settings.warmUpTimeLimit)
            lease.servable.submit(request) { [queue] _ in
                withExtendedLifetime(lease) {}
                queue.push(.probed(key))
            }
        }
    }

    // MARK: What others see

    /// Brings what requests and status routes see of some models up to date, in one step.
    func publish(_ names: [ModelName]) {
        let entries = names.map { ($0, entry($0)) }
        published.table.withLock { table in
            for (name, entry) in entries { table.models[name] = entry }
        }
        for name in names { events?.modelPublished(name) }
    }

    /// One model as requests see it; nil when it is not wanted.
    private func entry(_ name: ModelName) -> ReadyTable.Model? {
        guard let machine = machines[name], let aspired = machine.aspired else { return nil }
        var newest: [ModelVersion: InstanceID] = [:]
        for instance in machine.instances where instance.isAvailable {
            newest[instance.version] = instance.id
        }
        let ready = newest.sorted { $0.key > $1.key }.compactMap { version, id in
            live[InstanceKey(name: name, id: id)].map { live in
                ReadyTable.ReadyVersion(
                    version: version, servable: live.loaded.servable, leases: live.leases,
                    canBeProbed: !live.loaded.probes.isEmpty)
            }
        }
        return ReadyTable.Model(
            ready: ready, labels: aspired.labels,
            status: ModelStatus(
                name: name, versions: machine.versionStatuses, isReady: !ready.isEmpty,
                reason: machine.reason, remark: machine.directoryRemark))
    }

    private func announce(_ transition: VersionTransition) {
        var metadata: Logger.Metadata = [
            "model": "\(transition.identity.name)", "version": "\(transition.identity.version)",
            "state": "\(transition.state.rawValue)",
        ]
        if transition.nanoseconds > 0 {
            metadata["seconds"] = "\(Double(transition.nanoseconds / 1_000_000) / 1000)"
        }
        if transition.memoryBytes > 0 { metadata["memory_bytes"] = "\(transition.memoryBytes)" }
        if !transition.reason.isEmpty { metadata["reason"] = "\(transition.reason)" }
        if let error = transition.error, error.message != transition.reason {
            metadata["error"] = "\(error.message)"
        }
        let hasFailed = transition.error != nil && transition.state == .end
        logger.log(
            level: transition.error == nil ? .info : .warning,
            "version \(hasFailed ? "has failed" : transition.state.phrase)", metadata: metadata)
        events?.versionChanged(transition)
    }
}

extension BaseListing {
    /// The version directories that are wanted, and those below them.
    var directoriesToWatch: [String] {
        wanted.flatMap { version in
            let below = (try? version.content.get())?.subdirectories ?? []
            return [version.directory] + below.map { version.directory + "/" + $0 }
        }
    }
}
