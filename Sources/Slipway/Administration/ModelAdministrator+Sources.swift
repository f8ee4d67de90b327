import Inference
import Models
import ServingCore

/// Where the files of a model that a client wants are.
extension ModelAdministrator {
    /// What a request to load a model asks for; nil when the configuration already says it all.
    ///
    /// - Throws: `model_not_found`, `already_exists`, `invalid_request`, `resource_exhausted`.
    func change(for request: ModelLoadRequest, _ state: inout State) throws(ServingError)
        -> WantedModels.Change?
    {
        if let location = request.location {
            guard request.files.isEmpty else {
                throw ServingError(
                    .invalidRequest, "a request to load brings files or names a location, not both")
            }
            guard !state.wanted.models.contains(where: { $0.model.name == request.name }) else {
                throw ServingError(
                    .alreadyExists, "model \(request.name) is loaded already; unload it first")
            }
            return .loaded(try atLocation(location, request, &state))
        }
        if !request.files.isEmpty { return .loaded(try withFiles(request, &state)) }
        if let configuration = request.configuration {
            guard let model = known(request.name, state) else { throw Self.unknown(request.name) }
            return .loaded(try completed(model, configuration, &state))
        }
        if state.wanted.isNamed(request.name) { return nil }
        if let model = repository?.model(named: request.name) {
            return .loaded(.init(model: model))
        }
        // What was sent with an earlier request is loaded again.
        if let change = state.wanted.changes[request.name], change != .unloaded { return change }
        throw Self.unknown(request.name)
    }

    private static func unknown(_ name: ModelName) -> ServingError {
        ServingError(
            .modelNotFound,
            "model \(name) is neither in the repository nor in the configuration")
    }

    /// The model by the configuration, the repository or an earlier request.
    private func known(_ name: ModelName, _ state: State) -> AspiredModel? {
        if let model = state.wanted.base.first(where: { $0.name == name }) { return model }
        if let model = repository?.model(named: name) { return model }
        return nil
    }

    private func withFiles(_ request: ModelLoadRequest, _ state: inout State) throws(ServingError)
        -> WantedModels.ClientModel
    {
        let directory = try state.files.write(request.files)
        var model = AspiredModel(name: request.name, baseDirectory: directory)
        model.layout = .numberedWithoutLeadingZero
        model.filesAreComplete = true
        var client = WantedModels.ClientModel(model: model)
        if let configuration = request.configuration {
            client = try completed(model, configuration, &state)
        }
        client.privateDirectory = directory
        return client
    }

    private func atLocation(
        _ location: String, _ request: ModelLoadRequest, _ state: inout State
    ) throws(ServingError) -> WantedModels.ClientModel {
        guard location.hasPrefix("/"), !location.utf8.contains(0) else {
            throw ServingError(
                .invalidRequest,
                "the location of a model must be an absolute path, not "
                    + "'\(location.clipped(to: 80))'")
        }
        let entries: [DirectoryEntry]
        do throws(ServingError) {
            entries = try settings.fileSystem.entries(of: location)
        } catch {
            throw ServingError(.modelNotFound, "model \(request.name): \(error.message)")
        }
        var model = AspiredModel(name: request.name, baseDirectory: location)
        let hasVersions = entries.contains {
            $0.isDirectory && ModelVersion(directoryName: $0.name) != nil
        }
        model.layout = hasVersions ? .numbered : .single
        var client = WantedModels.ClientModel(model: model)
        if let configuration = request.configuration {
            client = try completed(model, configuration, &state)
        }
        client.isAtLocation = true
        return client
    }

    private func completed(
        _ model: AspiredModel, _ configuration: String, _ state: inout State
    ) throws(ServingError) -> WantedModels.ClientModel {
        do throws(ServingError) {
            let model = try state.own.complete(model, json: configuration)
            return .init(model: model, isComplete: true)
        } catch {
            // The client's fault, where a file's would be the operator's.
            throw ServingError(.invalidRequest, error.message, cause: error)
        }
    }
}
