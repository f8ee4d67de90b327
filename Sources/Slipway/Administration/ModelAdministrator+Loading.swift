import Inference
import Logging
import Models
import ServingCore
import Synchronization

typealias AdministrationCompletion = @Sendable (Result<Void, ServingError>) -> Void

/// Loading and unloading single models.
extension ModelAdministrator {
    func loadModel(
        _ request: ModelLoadRequest,
        completion: @escaping @Sendable (Result<Void, ServingError>) -> Void
    ) {
        guard allowsLoading else { return completion(.failure(Self.notAllowed)) }
        submit(completion) { [self] completion in
            do throws(ServingError) {
                try state.withLock { (state) throws(ServingError) in
                    do throws(ServingError) {
                        try load(request, &state, completion)
                    } catch {
                        forgetUnused(&state)
                        throw error
                    }
                }
            } catch {
                completion(.failure(error))
            }
        }
    }

    func unloadModel(
        _ name: ModelName, completion: @escaping @Sendable (Result<Void, ServingError>) -> Void
    ) {
        guard allowsLoading else { return completion(.failure(Self.notAllowed)) }
        submit(completion) { [self] completion in
            do throws(ServingError) {
                try state.withLock { (state) throws(ServingError) in
                    try unload(name, &state, completion)
                }
            } catch {
                completion(.failure(error))
            }
        }
    }

    static var notAllowed: ServingError {
        ServingError(
            .unsupported,
            "clients may not load and unload models: the server's 'model_control' is off; its "
                + "operator can set 'model_control: explicit'")
    }

    /// Queues a change, bounded in number.
    func submit(
        _ completion: @escaping AdministrationCompletion,
        _ job: @escaping @Sendable (@escaping AdministrationCompletion) -> Void
    ) {
        let hasRoom = shown.withLock { shown in
            guard shown.pending < Limits.administrationsMaximum else { return false }
            shown.pending += 1
            return true
        }
        let counted: AdministrationCompletion = { [self] result in
            shown.withLock { $0.pending -= 1 }
            completion(result)
        }
        guard hasRoom else {
            return completion(
                .failure(
                    ServingError(
                        .overloaded,
                        "\(Limits.administrationsMaximum) changes of the models are waiting "
                            + "already; try again later")))
        }
        guard thread.run({ job(counted) }) else {
            return counted(
                .failure(ServingError(.shuttingDown, "the server is shutting down")))
        }
    }

    // MARK: Steps

    private func load(
        _ request: ModelLoadRequest, _ state: inout State,
        _ completion: @escaping AdministrationCompletion
    ) throws(ServingError) {
        let name = request.name
        let before = state.wanted.changes[name]
        let change = try change(for: request, &state)
        state.wanted.change(name, change)
        do throws(ServingError) {
            let aspired = assemble(&state)
            if let fault = aspired.models.first(where: { $0.name == name })?.fault {
                throw ServingError(.configurationInvalid, fault)
            }
            let number = number(for: name, &state)
            try manager.change(to: aspired, goal: .available([name]), timeout: settings.timeout) {
                [self] result in
                followUp(result, completion) { $0.finishLoad(name, number, result) }
            }
            // Kept only once the manager is sure to answer.
            state.undos[number] = .some(before)
        } catch {
            state.wanted.change(name, before)
            throw error
        }
    }

    /// Ends a load: one that failed is undone, unless another change has come since.
    private func finishLoad(
        _ name: ModelName, _ number: UInt64, _ result: Result<Void, ServingError>
    ) {
        state.withLock { state in
            let undo = state.undos.removeValue(forKey: number) ?? nil
            switch result {
            case .success: note(name, nil)
            case .failure(let error) where error.code != .shuttingDown:
                guard state.latest[name] == number else { break }
                state.latest[name] = nil
                let isElsewhere = state.wanted.changes[name]?.isElsewhere ?? false
                state.wanted.change(name, undo)
                applyQuietly(&state)
                if !isElsewhere { note(name, error.message) }
            case .failure: break
            }
            forgetUnused(&state)
        }
    }

    private func unload(
        _ name: ModelName, _ state: inout State, _ completion: @escaping AdministrationCompletion
    ) throws(ServingError) {
        guard let wanted = state.wanted.models.first(where: { $0.model.name == name }) else {
            let hadFailed = shown.withLock { shown in
                guard let note = shown.notes[name], note != Self.unloadedNote else { return false }
                shown.notes[name] = nil
                return true
            }
            if hadFailed { return completion(.success(())) }
            throw ServingError(.modelNotFound, "model \(name) is not loaded")
        }
        let before = state.wanted.changes[name]
        let isNamed = state.wanted.isNamed(name)
        state.wanted.change(name, isNamed ? .unloaded : nil)
        let isInRepository =
            isNamed
            || repository.map { wanted.model.baseDirectory.hasPrefix($0.path + "/") } ?? false
        do throws(ServingError) {
            _ = number(for: name, &state)
            try manager.change(
                to: assemble(&state), goal: .gone([name]), timeout: settings.timeout
            ) { [self] result in
                followUp(result, completion) { administrator in
                    administrator.state.withLock { administrator.forgetUnused(&$0) }
                    if isInRepository { administrator.noteUnloaded(name) }
                }
            }
        } catch {
            state.wanted.change(name, before)
            throw error
        }
    }

    /// Ends a change on the administration thread, or here when that has ended.
    func followUp(
        _ result: Result<Void, ServingError>, _ completion: @escaping AdministrationCompletion,
        _ job: @escaping @Sendable (ModelAdministrator) -> Void
    ) {
        let isQueued = thread.run(isFollowUp: true) { [self] in
            job(self)
            completion(result)
        }
        if !isQueued { completion(result) }
    }

    /// Wants what the state says, for nobody in particular.
    private func applyQuietly(_ state: inout State) {
        do throws(ServingError) {
            try manager.change(to: assemble(&state), goal: .available([]), timeout: .zero) { _ in }
        } catch {
            logger.error("\(error.message); the last models stay in use")
        }
    }

    private func number(for name: ModelName, _ state: inout State) -> UInt64 {
        let number = state.nextNumber
        state.nextNumber += 1
        state.latest[name] = number
        return number
    }
}

extension WantedModels.Change {
    /// Whether the model's files lie where nobody but the client that loaded it would look.
    var isElsewhere: Bool {
        if case .loaded(let model) = self { model.isAtLocation } else { false }
    }
}
