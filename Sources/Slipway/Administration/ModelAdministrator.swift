import EngineInterface
import Inference
import Logging
import Models
import ServingCore
import Synchronization

/// Keeps what is wanted of the model manager: the configuration's models, those of the repository
/// directory, each completed by its `config.pbtxt`, and what clients have changed.
///
/// `start` it once. Changes are carried out in order on a thread of its own; whoever waits for a
/// model waits without one.
final class ModelAdministrator: ModelAdministration {
    /// What clients may do, and where models are.
    struct Settings {
        /// Whether clients may load and unload models.
        var control = ModelControl.off
        /// Whether clients may replace the whole set of models.
        var allowsReplacing = false
        /// The directory of models in Triton's layout; absolute, nil for none.
        var repository: String?
        /// Which labels may name versions that are not available.
        var labels = UnavailableLabels.any
        /// Whether directories are looked at again after the start.
        var looksAgain = true
        /// Between two looks.
        var period = Duration.seconds(1)
        /// How long a client is kept waiting.
        var timeout = Limits.administrationTimeout
        var fileSystem: any ModelFileSystem = SystemFileSystem()
    }

    /// What only one job at a time works on; files are read and written under its lock.
    struct State {
        var wanted = WantedModels()
        var own: OwnConfigurations
        var files: ClientFiles
        /// The latest change of each model, so that only that one is undone.
        var latest: [ModelName: UInt64] = [:]
        /// What to go back to when a load fails.
        var undos: [UInt64: WantedModels.Change?] = [:]
        var nextNumber: UInt64 = 1
        /// Messages that were logged, so that each is said once.
        var said: Set<String> = []
    }

    /// What the index shows besides the manager's models.
    struct Shown {
        var repository: [ModelName] = []
        /// Why models that are not wanted are not there: a failure, or `unloaded`.
        var notes: [ModelName: String] = [:]
        /// Changes whose end somebody waits for.
        var pending = 0
    }

    let manager: ModelManager
    let settings: Settings
    let logger: Logger
    let thread = AdministrationThread(jobsMaximum: Limits.administrationsMaximum)
    let state: Mutex<State>
    let shown = Mutex(Shown())

    init(
        _ manager: ModelManager, _ settings: Settings, engines: [any Engine],
        files: ClientFiles = ClientFiles(), logger: Logger
    ) {
        self.manager = manager
        self.settings = settings
        self.logger = logger
        state = Mutex(State(own: OwnConfigurations(engines: engines), files: files))
    }

    var allowsLoading: Bool { settings.control == .explicit }
    var allowsReplacing: Bool { settings.allowsReplacing || settings.control == .explicit }

    // MARK: Life

    /// Wants the configuration's models, as `ModelManager.apply`, and begins to look around.
    ///
    /// - Throws: `configuration_invalid`; `file_unreadable` when the repository cannot be read;
    ///   `resource_exhausted`.
    func start(_ models: AspiredState) throws(ServingError) {
        if let repository { _ = try repository.models() }
        try configure(models)
        try thread.start(period: settings.period) { [weak self] in self?.look() }
    }

    /// Wants another configuration's models; what clients changed stays where that does not differ.
    ///
    /// - Throws: `configuration_invalid`; then nothing has changed.
    func configure(_ models: AspiredState) throws(ServingError) {
        try state.withLock { (state) throws(ServingError) in
            let before = state.wanted
            state.wanted.configure(models.models)
            readRepository(&state)
            do throws(ServingError) {
                try manager.apply(assemble(&state))
            } catch {
                state.wanted = before
                throw error
            }
            forgetUnused(&state)
        }
    }

    /// Takes no more changes and removes the files that clients have sent; the manager has stopped.
    func stop() {
        thread.close()
        state.withLock { $0.files.removeAll() }
    }

    /// Sees models that have come to the repository, other configurations, and labels that may be
    /// set by now.
    func look() {
        state.withLock { state in
            if settings.looksAgain { readRepository(&state) }
            let aspired = assemble(&state, looks: settings.looksAgain)
            guard aspired != manager.aspiredState else { return }
            do throws(ServingError) {
                try manager.change(to: aspired, goal: .available([]), timeout: .zero) { _ in }
            } catch {
                say("\(error.message); the last models stay in use", &state)
            }
        }
    }

    // MARK: What is wanted

    var repository: RepositoryDirectory? {
        settings.repository.map {
            RepositoryDirectory(path: $0, fileSystem: settings.fileSystem)
        }
    }

    private func readRepository(_ state: inout State) {
        guard let repository else { return }
        do throws(ServingError) {
            let models = try repository.models()
            if settings.control == .off { state.wanted.repository = models }
            shown.withLock { $0.repository = models.map(\.name) }
        } catch {
            say("\(error.message); the repository's last models stay in use", &state)
        }
    }

    /// The whole wanted state, with own configurations and the labels that may be set now.
    func assemble(_ state: inout State, looks: Bool = true) -> AspiredState {
        let models = state.wanted.models.map { wanted in
            wanted.isComplete ? wanted.model : state.own.complete(wanted.model, looks: looks)
        }
        for remark in state.own.takeRemarks() { say(remark, &state) }
        let (allowed, refusals) = AspiredState(models: models).settingLabels(
            from: manager.aspiredState, settings.labels, isAvailable: isAvailable)
        for refusal in refusals {
            say("\(refusal.message); the label stays as it is until then", &state)
        }
        return allowed.withoutTrailingSlashes
    }

    func isAvailable(_ name: ModelName, _ version: ModelVersion) -> Bool {
        manager.modelStatus(of: name)?.versions.contains {
            $0.version == version && $0.state == .available
        } ?? false
    }

    /// Lets go of files and configurations that nothing refers to any more.
    func forgetUnused(_ state: inout State) {
        let models = state.wanted.models
        state.own.keep(Set(models.map(\.model.name)))
        let changes = Array(state.wanted.changes.values) + state.undos.values.compactMap { $0 }
        state.files.keep(
            Set(
                changes.compactMap { change in
                    if case .loaded(let model) = change { model.privateDirectory } else { nil }
                }))
    }

    private func say(_ message: String, _ state: inout State) {
        if state.said.count > 1000 { state.said = [] }
        guard state.said.insert(message).inserted else { return }
        logger.warning("\(message)")
    }
}
