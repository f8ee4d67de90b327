public import Inference
import Logging
public import ServingCore
import Synchronization

/// Loads the models that are wanted, keeps their directories in view, and leases their versions.
///
/// A shell around pure machines: its own thread feeds them events, loader threads do what blocks.
/// `start` it once, `apply` wanted states as often as you like, `stop` it once.
public final class ModelManager: InferenceService, ModelCatalog {
    private let settings: ModelManagerSettings
    let dependencies: ModelManagerDependencies
    private let published = PublishedTable()
    let queue = EventQueue<ManagerEvent>()
    private let ledger: MemoryLedger
    let life = Condition(Life())
    let wanted = Mutex(AspiredState())

    struct Life {
        var hasStarted = false
        var hasEnded = false
    }

    /// Prepares; nothing runs until `start`.
    public init(
        _ dependencies: ModelManagerDependencies,
        settings: ModelManagerSettings = ModelManagerSettings()
    ) {
        self.dependencies = dependencies
        self.settings = settings
        ledger = MemoryLedger(
            probe: dependencies.memory, budgetBytes: settings.memoryBudgetBytes)
    }

    // MARK: Life

    /// Starts the threads.
    ///
    /// - Throws: `resource_exhausted` when the system has no threads left; `internal` when it has
    ///   been started before.
    public func start() throws(ServingError) {
        let isFirst = life.change { life in
            defer { life.hasStarted = true }
            return !life.hasStarted
        }
        guard isFirst else {
            throw ServingError(.internalError, "the model manager has been started before")
        }
        let parts = try ManagerParts(dependencies, settings, queue, published, ledger)
        do throws(ServingError) {
            try NamedThread.start("model-manager") { [life, queue] in
                ManagerLoop(parts).run()
                parts.close()
                life.change { $0.hasEnded = true }
                Self.refuseWaits(in: queue)
            }
        } catch {
            parts.close()
            throw error
        }
    }

    /// Unloads everything, waiting for requests in flight; refuses new ones from now on.
    ///
    /// Blocks; may be called again, with more time.
    ///
    /// - Returns: Whether all was unloaded within the time.
    public func stop(timeout: Duration = Limits.drainTimeout) -> Bool {
        guard life.withLock({ $0.hasStarted }) else { return true }
        queue.push(.stop)
        return life.wait(timeoutNanoseconds: timeout.nanosecondsClamped) { life -> Bool? in
            life.hasEnded ? true : nil
        } ?? false
    }

    /// Wants another state: checks all of it, then changes to it in one step, then acts.
    ///
    /// Versions that had given up are tried again, and all directories are looked at anew. Blocks
    /// until requests see the new set of models, which does not wait for loads; before `start` it
    /// only leaves the state for the start to find.
    ///
    /// - Returns: What is different, by model name.
    /// - Throws: `configuration_invalid`; then nothing has changed.
    @discardableResult
    public func apply(_ state: AspiredState) throws(ServingError) -> [AspiredChange] {
        let state = state.withoutTrailingSlashes
        try state.check(engines: dependencies.engines)
        let isDone = Condition(false)
        // One lock over comparing and pushing, so that two callers' states arrive in their order.
        let changes = wanted.withLock { wanted in
            let changes = wanted.changes(to: state)
            wanted = state
            queue.push(.apply(state, renewing: nil, done: { isDone.change { $0 = true } }))
            return changes
        }
        for change in changes {
            dependencies.logger.info("wanted state changed", metadata: ["change": "\(change)"])
        }
        // Before the start, or after the end, nobody answers; then there is nothing to wait for.
        while life.change({ $0.hasStarted && !$0.hasEnded }) {
            let answer = isDone.wait(timeoutNanoseconds: 1_000_000_000) { $0 ? true : nil }
            if answer != nil { break }
        }
        return changes
    }

    /// The state that is wanted now.
    public var aspiredState: AspiredState { wanted.withLock { $0 } }

    /// Makes the manager look at its clock; for tests that move it by hand.
    public func clockMoved() {
        queue.wake()
    }

    /// Makes the manager look at a model's directory soon.
    public func filesChanged(in baseDirectory: String) {
        queue.push(.filesChanged(baseDirectory: baseDirectory))
    }

    /// Bytes that each loaded version was estimated to need; for metrics.
    public var memoryEstimates: [ModelIdentity: Int] { ledger.loadedBytes }

    // MARK: Requests

    public func acquire(_ selector: ModelSelector) throws(ServingError) -> ModelLease {
        // A counter that has closed in between means that the table has changed: look again. Each
        // time round another version must have gone, so the bound is never met in practice.
        for _ in 0..<100 {
            let version = try published.table.withLock { (table) throws(ServingError) in
                try table.resolve(selector)
            }
            if let lease = version.leases.lease(version.servable) { return lease }
        }
        throw ServingError(
            .modelNotReady, "the versions of model \(selector.name) change too fast; try again")
    }

    // MARK: Status

    public func modelStatuses() -> [ModelStatus] {
        published.snapshot.models.values.map(\.currentStatus).sorted { $0.name < $1.name }
    }

    public func modelStatus(of name: ModelName) -> ModelStatus? {
        published.table.withLock { $0.models[name] }?.currentStatus
    }

    /// Whether every configured model can answer, judged by its latest predictions too.
    public func readiness() -> ServerReadiness {
        let reasons = published.snapshot.unreadiness
        return ServerReadiness(isReady: reasons.isEmpty, reasons: reasons)
    }

    /// Why the version that the selector names cannot answer now; nil when it can.
    public func versionUnreadiness(_ selector: ModelSelector) -> ServingError? {
        published.snapshot.unreadiness(of: selector)
    }

    /// Whether the version that the selector names can answer now.
    public func versionIsReady(_ selector: ModelSelector) -> Bool {
        versionUnreadiness(selector) == nil
    }
}

extension AspiredState {
    /// The state with one spelling of each directory, as the manager keeps it.
    public var withoutTrailingSlashes: AspiredState {
        AspiredState(models: models.map(\.withoutTrailingSlash))
    }
}

extension AspiredModel {
    /// The model with one spelling of its directory, so that watches and messages agree.
    fileprivate var withoutTrailingSlash: AspiredModel {
        var model = self
        while model.baseDirectory.utf8.count > 1, model.baseDirectory.hasSuffix("/") {
            model.baseDirectory.removeLast()
        }
        return model
    }
}

extension ReadyTable.Model {
    /// The published status, with what the versions' health says at this moment.
    fileprivate var currentStatus: ModelStatus {
        let versions = status.versions.map { version -> VersionStatus in
            guard version.state == .available, let ready = self.version(version.version) else {
                return version
            }
            let remarks = [version.reason, ready.healthRemark].filter { !$0.isEmpty }
            return VersionStatus(
                version: version.version, state: version.state,
                reason: remarks.joined(separator: "; "),
                error: version.error ?? ready.servable.health.lastError, labels: version.labels)
        }
        return ModelStatus(
            name: status.name, versions: versions, isReady: status.isReady, reason: status.reason,
            remark: status.remark, unreadiness: unreadiness)
    }
}
